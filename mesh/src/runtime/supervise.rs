//! A process is kept alive until it is told to end; what happened to it is told.

use std::{
    io,
    path::Path,
    process::ExitStatus,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{process::Child, sync::watch, task::JoinHandle, time::Instant};

use super::spawner::{Program, Spawner};
use crate::progress::Progress;

/// The first restart comes after this; the pause doubles with each further one, as the kubelet's does.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Who ran this long is healthy: the next pause is the first one again.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// How a process is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DesiredState {
    /// It shall live.
    Run,
    /// SIGTERM, and SIGKILL after the grace.
    End(Duration),
}

/// A process that is started again when it ends unasked.
#[derive(Debug)]
pub(super) struct Supervised {
    desired: watch::Sender<DesiredState>,
    task: JoinHandle<()>,
    state: Arc<ProcessState>,
}

/// What others may read of it.
#[derive(Debug, Default)]
pub(super) struct ProcessState {
    pid: AtomicU32,
    restarts: AtomicU32,
}

impl ProcessState {
    /// The process, while there is one.
    pub(super) fn pid(&self) -> Option<u32> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// How often it was started again.
    pub(super) fn restarts(&self) -> u32 {
        self.restarts.load(Ordering::Relaxed)
    }
}

impl Supervised {
    /// Starts `program` and keeps it alive. `title` names it in messages, as `the sidecar of backend-v1-1`;
    /// `before` is called before each start (a socket of the dead one is removed there).
    pub(super) fn start(
        spawner: Spawner,
        program: Program,
        title: String,
        progress: Progress,
        before: impl Fn() + Send + 'static,
    ) -> Self {
        let (desired, desired_state) = watch::channel(DesiredState::Run);
        let state = Arc::new(ProcessState::default());
        let keeper = Supervisor { spawner, program, title, progress, state: Arc::clone(&state) };
        Self { desired, task: tokio::spawn(keeper.keep(desired_state, before)), state }
    }

    /// What others may read of it.
    pub(super) fn state(&self) -> Arc<ProcessState> {
        Arc::clone(&self.state)
    }

    /// Ends it: SIGTERM, and SIGKILL when `grace` is over or `hurry` becomes true. Returns when it is gone.
    pub(super) async fn end(self, grace: Duration, mut hurry: watch::Receiver<bool>) {
        let Self { desired, mut task, .. } = self;
        let _ = desired.send(DesiredState::End(grace));
        tokio::select! {
            _ = &mut task => return,
            _ = hurry.wait_for(|hurry| *hurry) => {}
        }
        let _ = desired.send(DesiredState::End(Duration::ZERO));
        let _ = task.await;
    }
}

struct Supervisor {
    spawner: Spawner,
    program: Program,
    title: String,
    progress: Progress,
    state: Arc<ProcessState>,
}

impl Supervisor {
    async fn keep(self, mut desired_state: watch::Receiver<DesiredState>, before: impl Fn() + Send) {
        let mut pause = FIRST_PAUSE;
        loop {
            before();
            let started = Instant::now();
            let ended = match self.spawner.spawn(self.program.clone()).await {
                Ok(child) => match self.watch(child, &mut desired_state).await {
                    Some(status) => how_it_ended(status),
                    None => return,
                },
                Err(error) => format!("could not be started ({error})"),
            };
            if started.elapsed() >= HEALTHY_AFTER {
                pause = FIRST_PAUSE;
            }
            self.state.restarts.fetch_add(1, Ordering::Relaxed);
            self.progress.say(format!(
                "{} {ended}; it is started again in {} ms; its log: {}",
                self.title,
                pause.as_millis(),
                self.program.log.display()
            ));
            if wait_for_end(&mut desired_state, pause).await {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits until the process ends unasked (its status) or was ended as wished (nothing).
    async fn watch(
        &self,
        mut child: Child,
        desired_state: &mut watch::Receiver<DesiredState>,
    ) -> Option<io::Result<ExitStatus>> {
        self.state.pid.store(child.id().unwrap_or(0), Ordering::Relaxed);
        let ended = tokio::select! {
            status = child.wait() => Some(status),
            grace = wait_for_end_request(desired_state) => {
                end(&mut child, grace, desired_state).await;
                None
            }
        };
        self.state.pid.store(0, Ordering::Relaxed);
        ended
    }
}

/// Waits for the wish to end; the mesh's own end is such a wish without grace.
async fn wait_for_end_request(desired_state: &mut watch::Receiver<DesiredState>) -> Duration {
    match desired_state.wait_for(|desired| *desired != DesiredState::Run).await.as_deref() {
        Ok(DesiredState::End(grace)) => *grace,
        _ => Duration::ZERO,
    }
}

async fn wait_for_end(desired_state: &mut watch::Receiver<DesiredState>, pause: Duration) -> bool {
    tokio::time::timeout(pause, wait_for_end_request(desired_state)).await.is_ok()
}

async fn end(child: &mut Child, grace: Duration, desired_state: &mut watch::Receiver<DesiredState>) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid.filter(|_| !grace.is_zero()) {
        let _ = kill_process(pid, Signal::TERM);
        tokio::select! {
            _ = child.wait() => return,
            () = tokio::time::sleep(grace) => {}
            _ = desired_state.wait_for(|desired| *desired == DesiredState::End(Duration::ZERO)) => {}
        }
    }
    // The whole group, should the program have children of its own.
    if let Some(pid) = pid {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = child.kill().await;
}

fn how_it_ended(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("ended unasked ({status})"),
        Err(error) => format!("could not be waited for ({error})"),
    }
}

/// The last lines of a log, for a message about a part that did not come up. Envoy's stack traces are left out: they
/// say nothing to a reader, and the line that says why stands before them.
pub(super) fn last_lines(log: &Path, count: usize) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let says_why =
        |line: &&str| !line.trim().is_empty() && !line.contains("[envoy_bug]") && !line.contains("[backtrace]");
    let lines: Vec<&str> = text.lines().filter(says_why).collect();
    let mut words: String =
        lines[lines.len().saturating_sub(count)..].iter().map(|line| format!("\n  | {line}")).collect();
    if words.contains("fs.inotify.max_user_instances") {
        words.push_str(
            "\n  this user has no inotify instances left: end what watches files (other meshes, editors), or have an \
             administrator run `sysctl fs.inotify.max_user_instances=1024`",
        );
    }
    words
}

/// The lines that a log has got since it had `length` bytes.
pub(super) fn lines_after(log: &Path, length: u64) -> Vec<String> {
    let bytes = std::fs::read(log).unwrap_or_default();
    let from = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
    String::from_utf8_lossy(&bytes[from..]).lines().map(str::to_owned).collect()
}
