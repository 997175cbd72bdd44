//! Readiness probes, as the kubelet's: a pod that fails its probe gets no requests.

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

/// Interval between two checks of the processes, and between two probes of a pod that is not ready.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Deadline of a probe, as the kubelet's default for `timeoutSeconds`.
const PROBE_DEADLINE: Duration = Duration::from_secs(1);

/// Processes of a pod that must be ready.
#[derive(Debug, Clone, Default)]
pub(super) struct ProbeTargets {
    /// Application with its admin socket and probe.
    pub(super) app: Option<(Arc<supervise::ProcessState>, PathBuf, Readiness)>,
    /// Envoy with its admin socket.
    pub(super) envoy: Option<(Arc<supervise::ProcessState>, PathBuf)>,
}

/// Task that keeps a pod's readiness up to date; stopped on drop.
#[derive(Debug)]
pub(super) struct ReadinessWatcher {
    ready: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl ReadinessWatcher {
    /// Starts the task, which notifies `changed` of each change.
    pub(super) fn start(targets: ProbeTargets, changed: Arc<Notify>) -> Self {
        let ready = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(watch(targets, Arc::clone(&ready), changed));
        Self { ready, task }
    }

    /// Flag that is true while every part is ready.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.ready)
    }
}

impl Drop for ReadinessWatcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch(targets: ProbeTargets, ready: Arc<AtomicBool>, changed: Arc<Notify>) {
    let set = |value: bool| {
        if ready.swap(value, Ordering::SeqCst) != value {
            changed.notify_one();
        }
    };
    let readiness = targets.app.as_ref().map(|(_, _, readiness)| readiness);
    let period = Duration::from_secs(readiness.map_or(1, |readiness| u64::from(readiness.period_seconds)));
    let threshold = readiness.map_or(1, |readiness| readiness.failure_threshold);
    loop {
        // Not ready: probe at short intervals, as a startup probe does.
        if !is_ready(&targets).await {
            tokio::time::sleep(POLL_INTERVAL).await;
            continue;
        }
        let processes = pids(&targets);
        set(true);
        let mut failures = 0;
        let mut due = Instant::now() + period;
        while failures < threshold {
            tokio::time::sleep(POLL_INTERVAL).await;
            // A container that exited is unready at once, independent of the probe's period.
            if pids(&targets) != processes {
                break;
            }
            if Instant::now() >= due {
                due += period;
                failures = if is_ready(&targets).await { 0 } else { failures + 1 };
            }
        }
        set(false);
    }
}

fn pids(targets: &ProbeTargets) -> [Option<u32>; 2] {
    let app = targets.app.as_ref().and_then(|(state, ..)| state.pid());
    let envoy = targets.envoy.as_ref().and_then(|(state, _)| state.pid());
    [app, envoy]
}

async fn is_ready(targets: &ProbeTargets) -> bool {
    if let Some((_, socket, readiness)) = &targets.app {
        let response = unix_http::get(socket, &readiness.path, PROBE_DEADLINE).await;
        // Kubernetes accepts statuses 200 to 399.
        if !matches!(response, Ok((status, _)) if (200..400).contains(&status.as_u16())) {
            return false;
        }
    }
    match &targets.envoy {
        Some((_, socket)) => admin::is_ready(socket).await,
        None => true,
    }
}
