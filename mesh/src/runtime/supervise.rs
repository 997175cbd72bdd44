//! Keeps a process running until it is stopped, and reports unexpected exits.

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

/// Delay of the first restart. It doubles with each further restart, as the kubelet's does.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// Longest restart delay.
const MAX_DELAY: Duration = Duration::from_secs(10);
/// Uptime after which the restart delay is reset.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// Desired state of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DesiredState {
    /// The process should run.
    Run,
    /// SIGTERM, then SIGKILL after the grace period.
    Stop(Duration),
}

/// A process that is restarted when it exits unexpectedly.
#[derive(Debug)]
pub(super) struct SupervisedProcess {
    desired: watch::Sender<DesiredState>,
    task: JoinHandle<()>,
    state: Arc<ProcessState>,
}

/// Observable state of a process.
#[derive(Debug, Default)]
pub(super) struct ProcessState {
    pid: AtomicU32,
    restarts: AtomicU32,
}

impl ProcessState {
    /// Process ID, or `None` if no process runs.
    pub(super) fn pid(&self) -> Option<u32> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// Number of restarts.
    pub(super) fn restarts(&self) -> u32 {
        self.restarts.load(Ordering::Relaxed)
    }
}

impl SupervisedProcess {
    /// Starts `program` and keeps it running. `title` names it in messages, as `the proxy of backend-v1-1`. `before`
    /// runs before each start, to remove the socket of the previous process.
    pub(super) fn start(
        spawner: Spawner,
        program: Program,
        title: String,
        progress: Progress,
        before: impl Fn() + Send + 'static,
    ) -> Self {
        let (desired, desired_state) = watch::channel(DesiredState::Run);
        let state = Arc::new(ProcessState::default());
        let supervisor = Supervisor { spawner, program, title, progress, state: Arc::clone(&state) };
        Self { desired, task: tokio::spawn(supervisor.run(desired_state, before)), state }
    }

    pub(super) fn state(&self) -> Arc<ProcessState> {
        Arc::clone(&self.state)
    }

    /// Stops the process: SIGTERM, then SIGKILL when `grace` has passed or `kill` becomes true. Waits until it has
    /// exited.
    pub(super) async fn stop(self, grace: Duration, mut kill: watch::Receiver<bool>) {
        let Self { desired, mut task, .. } = self;
        let _ = desired.send(DesiredState::Stop(grace));
        tokio::select! {
            _ = &mut task => return,
            _ = kill.wait_for(|kill| *kill) => {}
        }
        let _ = desired.send(DesiredState::Stop(Duration::ZERO));
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
    async fn run(self, mut desired_state: watch::Receiver<DesiredState>, before: impl Fn() + Send) {
        let mut delay = FIRST_DELAY;
        loop {
            before();
            let started = Instant::now();
            let exit = match self.spawner.spawn(self.program.clone()).await {
                Ok(child) => match self.watch(child, &mut desired_state).await {
                    Some(status) => describe_exit(status),
                    None => return,
                },
                Err(error) => format!("cannot be started ({error})"),
            };
            if started.elapsed() >= HEALTHY_AFTER {
                delay = FIRST_DELAY;
            }
            self.state.restarts.fetch_add(1, Ordering::Relaxed);
            self.progress.report(format!(
                "{} {exit}; restarting in {} ms; log: {}",
                self.title,
                delay.as_millis(),
                self.program.log.display()
            ));
            if is_stopped_within(&mut desired_state, delay).await {
                return;
            }
            delay = (delay * 2).min(MAX_DELAY);
        }
    }

    /// Waits until the process exits unexpectedly (`Some(status)`) or was stopped (`None`).
    async fn watch(
        &self,
        mut child: Child,
        desired_state: &mut watch::Receiver<DesiredState>,
    ) -> Option<io::Result<ExitStatus>> {
        self.state.pid.store(child.id().unwrap_or(0), Ordering::Relaxed);
        let ended = tokio::select! {
            status = child.wait() => Some(status),
            grace = wait_for_stop(desired_state) => {
                stop_child(&mut child, grace, desired_state).await;
                None
            }
        };
        self.state.pid.store(0, Ordering::Relaxed);
        ended
    }
}

/// Waits for a request to stop. A closed channel means a stop without grace period.
async fn wait_for_stop(desired_state: &mut watch::Receiver<DesiredState>) -> Duration {
    match desired_state.wait_for(|desired| *desired != DesiredState::Run).await.as_deref() {
        Ok(DesiredState::Stop(grace)) => *grace,
        _ => Duration::ZERO,
    }
}

async fn is_stopped_within(desired_state: &mut watch::Receiver<DesiredState>, delay: Duration) -> bool {
    tokio::time::timeout(delay, wait_for_stop(desired_state)).await.is_ok()
}

async fn stop_child(child: &mut Child, grace: Duration, desired_state: &mut watch::Receiver<DesiredState>) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid.filter(|_| !grace.is_zero()) {
        let _ = kill_process(pid, Signal::TERM);
        tokio::select! {
            _ = child.wait() => return,
            () = tokio::time::sleep(grace) => {}
            _ = desired_state.wait_for(|desired| *desired == DesiredState::Stop(Duration::ZERO)) => {}
        }
    }
    // Kill the whole group, including children of the program.
    if let Some(pid) = pid {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = child.kill().await;
}

fn describe_exit(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("exited unexpectedly ({status})"),
        Err(error) => format!("cannot be observed ({error})"),
    }
}

/// Last lines of a log, without Envoy's stack traces. The line with the reason precedes them.
pub(super) fn last_lines(log: &Path, count: usize) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let is_relevant =
        |line: &&str| !line.trim().is_empty() && !line.contains("[envoy_bug]") && !line.contains("[backtrace]");
    let lines: Vec<&str> = text.lines().filter(is_relevant).collect();
    let mut excerpt: String =
        lines[lines.len().saturating_sub(count)..].iter().map(|line| format!("\n  | {line}")).collect();
    if excerpt.contains("fs.inotify.max_user_instances") {
        excerpt.push_str(
            "\n  this user has no inotify instances left: stop programs that watch files (other meshes, editors), or have \
             an administrator run `sysctl fs.inotify.max_user_instances=1024`",
        );
    }
    excerpt
}

/// Lines appended to a log after its first `length` bytes.
pub(super) fn lines_after(log: &Path, length: u64) -> Vec<String> {
    let bytes = std::fs::read(log).unwrap_or_default();
    let from = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
    String::from_utf8_lossy(&bytes[from..]).lines().map(str::to_owned).collect()
}
