//! The end of a mesh, as another process can see it.

use std::{path::PathBuf, time::Duration};

use crate::run_folder;

/// How often to look.
const LOOK: Duration = Duration::from_millis(20);

/// A mesh that is going to end.
///
/// Its control socket goes first, its folder and lock later, its process last. Only then can another of the same name
/// begin, on the same ports.
#[derive(Debug)]
pub(super) struct Ending {
    lock: PathBuf,
    /// The process's id, as the lock states it.
    process: String,
    /// When the process began, as the system counts: its id alone could be another's by the time it is looked at.
    /// Nothing where that cannot be seen.
    began: Option<String>,
}

impl Ending {
    /// Takes hold of the process of the mesh of that name, while it runs.
    pub(super) fn of(name: &str) -> Self {
        Self::at(run_folder::lock_of(name))
    }

    fn at(lock: PathBuf) -> Self {
        let process = read(&lock).unwrap_or_default();
        // Whoever ends a mesh of its own process would wait for itself.
        let other = process != std::process::id().to_string();
        let began = other.then(|| begin_of(&process)).flatten();
        Self { lock, process, began }
    }

    /// Returns when its process has ended, or, where that cannot be watched, when its lock is gone.
    pub(super) async fn wait(&self) {
        while self.is_there() {
            tokio::time::sleep(LOOK).await;
        }
    }

    fn is_there(&self) -> bool {
        match &self.began {
            Some(began) => begin_of(&self.process).is_some_and(|now| now == *began),
            // Another mesh of the name may have taken the lock since.
            None => read(&self.lock).is_some_and(|process| process == self.process),
        }
    }
}

/// When a living process began: the 22nd field of its `stat` (proc_pid_stat(5)). A zombie has ended.
fn begin_of(process: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses, with whatever is in it.
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
    async fn a_mesh_is_down_when_its_process_has_ended_and_not_when_its_lock_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("x.lock");
        let mut process = Command::new("sleep").arg("60").spawn().unwrap();
        std::fs::write(&lock, process.id().to_string()).unwrap();
        let ending = Ending::at(lock.clone());
        std::fs::remove_file(&lock).unwrap();
        let soon = tokio::time::timeout(Duration::from_millis(50), ending.wait()).await;
        assert!(soon.is_err(), "it was told to be down while its process lived");
        process.kill().unwrap();
        // Nobody has asked for its exit code yet, as a shell in the background does not either.
        tokio::time::timeout(DEADLINE, ending.wait()).await.unwrap();
        process.wait().unwrap();
    }

    #[tokio::test]
    async fn where_the_process_cannot_be_watched_the_lock_tells() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("x.lock");
        std::fs::write(&lock, "not a number").unwrap();
        let ending = Ending::at(lock.clone());
        let begin = Instant::now();
        let remove = async {
            tokio::time::sleep(LOOK).await;
            std::fs::remove_file(&lock).unwrap();
        };
        tokio::join!(tokio::time::timeout(DEADLINE, ending.wait()), remove).0.unwrap();
        assert!(begin.elapsed() >= LOOK);
        let ending = Ending::at(lock);
        tokio::time::timeout(DEADLINE, ending.wait()).await.unwrap();
    }
}
