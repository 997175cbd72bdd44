//! Process of a mesh, observed from another process.

use std::{path::PathBuf, time::Duration};

use crate::run_folder;

/// Interval between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Process of a running mesh.
///
/// On shutdown the control socket is removed first, then the folder and the lock. The process exits last. Only then can
/// another mesh of the same name use the same ports.
#[derive(Debug)]
pub(super) struct MeshProcess {
    lock: PathBuf,
    /// Process ID in the lock file.
    process: String,
    /// Start time of the process, which distinguishes it from a later process with the same ID. `None` if it cannot be
    /// read.
    started: Option<String>,
}

impl MeshProcess {
    /// Process of the mesh of this name.
    pub(super) fn from_mesh_name(name: &str) -> Self {
        Self::from_lock(run_folder::lock_of(name))
    }

    fn from_lock(lock: PathBuf) -> Self {
        let process = read(&lock).unwrap_or_default();
        // A mesh in this process cannot wait for its own exit.
        let is_other = process != std::process::id().to_string();
        let started = is_other.then(|| start_time(&process)).flatten();
        Self { lock, process, started }
    }

    /// Waits until the process has exited. If the process cannot be observed, waits until its lock is removed.
    pub(super) async fn wait_until_exited(&self) {
        while self.is_running() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    fn is_running(&self) -> bool {
        match &self.started {
            Some(started) => start_time(&self.process).is_some_and(|now| now == *started),
            // Another mesh of the name may have taken the lock since.
            None => read(&self.lock).is_some_and(|process| process == self.process),
        }
    }
}

/// Start time of a live process: field 22 of its `stat` (proc_pid_stat(5)). `None` for a zombie.
fn start_time(process: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may contain any character.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") { None } else { fields.nth(18).map(str::to_owned) }
}

fn read(lock: &PathBuf) -> Option<String> {
    std::fs::read_to_string(lock).ok().map(|process| process.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::{process::Command, time::Instant};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn waits_for_the_process_even_if_its_lock_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("x.lock");
        let mut process = Command::new("sleep").arg("60").spawn().unwrap();
        std::fs::write(&lock, process.id().to_string()).unwrap();
        let observed = MeshProcess::from_lock(lock.clone());
        std::fs::remove_file(&lock).unwrap();
        let soon = tokio::time::timeout(Duration::from_millis(50), observed.wait_until_exited()).await;
        assert!(soon.is_err(), "wait_until_exited returned while the process was alive");
        process.kill().unwrap();
        // The exit code was not collected yet, as with a background job of a shell.
        tokio::time::timeout(DEADLINE, observed.wait_until_exited()).await.unwrap();
        process.wait().unwrap();
    }

    #[tokio::test]
    async fn waits_for_the_lock_if_the_process_cannot_be_observed() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("x.lock");
        std::fs::write(&lock, "not a number").unwrap();
        let observed = MeshProcess::from_lock(lock.clone());
        let begin = Instant::now();
        let remove = async {
            tokio::time::sleep(POLL_INTERVAL).await;
            std::fs::remove_file(&lock).unwrap();
        };
        tokio::join!(tokio::time::timeout(DEADLINE, observed.wait_until_exited()), remove).0.unwrap();
        assert!(begin.elapsed() >= POLL_INTERVAL);
        let observed = MeshProcess::from_lock(lock);
        tokio::time::timeout(DEADLINE, observed.wait_until_exited()).await.unwrap();
    }
}
