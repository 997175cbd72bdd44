//! The kubelet's part: a pod that does not answer its probe gets no requests.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle, time::Instant};

use super::supervise;
use crate::{control::unix_http, envoy::admin, pods::plan::Readiness};

/// How often it is looked whether a process has ended or, before it is ready, whether it is.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// As the kubelet's default for `timeoutSeconds`.
const PROBE_DEADLINE: Duration = Duration::from_secs(1);

/// What has to be well for a pod to be ready.
#[derive(Debug, Clone, Default)]
pub(super) struct Subjects {
    /// The application, its admin socket, and how to ask.
    pub(super) app: Option<(Arc<supervise::ProcessState>, PathBuf, Readiness)>,
    /// Envoy, and its admin socket.
    pub(super) envoy: Option<(Arc<supervise::ProcessState>, PathBuf)>,
}

/// A pod's readiness, kept up to date by a task that ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    ready: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Starts to watch. Each change wakes `changed`.
    pub(super) fn start(subjects: Subjects, changed: Arc<Notify>) -> Self {
        let ready = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(watch(subjects, Arc::clone(&ready), changed));
        Self { ready, task }
    }

    /// Whether every part is ready now.
    pub(super) fn ready(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.ready)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch(subjects: Subjects, ready: Arc<AtomicBool>, changed: Arc<Notify>) {
    let set = |value: bool| {
        if ready.swap(value, Ordering::SeqCst) != value {
            changed.notify_one();
        }
    };
    let readiness = subjects.app.as_ref().map(|(_, _, readiness)| readiness);
    let period = Duration::from_secs(readiness.map_or(1, |readiness| u64::from(readiness.period_seconds)));
    let threshold = readiness.map_or(1, |readiness| readiness.failure_threshold);
    loop {
        // Not ready: ask in quick succession, as a startup probe does.
        if !is_well(&subjects).await {
            tokio::time::sleep(POLL_INTERVAL).await;
            continue;
        }
        let processes = pids(&subjects);
        set(true);
        let mut failures = 0;
        let mut due = Instant::now() + period;
        while failures < threshold {
            tokio::time::sleep(POLL_INTERVAL).await;
            // A container that ended is not ready at once, whatever the probe's period.
            if pids(&subjects) != processes {
                break;
            }
            if Instant::now() >= due {
                due += period;
                failures = if is_well(&subjects).await { 0 } else { failures + 1 };
            }
        }
        set(false);
    }
}

fn pids(subjects: &Subjects) -> [Option<u32>; 2] {
    let app = subjects.app.as_ref().and_then(|(state, ..)| state.pid());
    let envoy = subjects.envoy.as_ref().and_then(|(state, _)| state.pid());
    [app, envoy]
}

async fn is_well(subjects: &Subjects) -> bool {
    if let Some((_, socket, readiness)) = &subjects.app {
        let answer = unix_http::get(socket, &readiness.path, PROBE_DEADLINE).await;
        // Kubernetes counts 200 to 399 as well.
        if !matches!(answer, Ok((status, _)) if (200..400).contains(&status.as_u16())) {
            return false;
        }
    }
    match &subjects.envoy {
        Some((_, socket)) => admin::is_ready(socket).await,
        None => true,
    }
}
