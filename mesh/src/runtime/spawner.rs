//! Starts all child processes from one thread. The kernel kills a child when the *thread* that started it exits, and
//! threads of the runtime may exit before the mesh.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::mpsc,
    thread,
};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

use super::child;

/// A program to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    /// Path of the program.
    pub(super) file: PathBuf,
    /// Arguments.
    pub(super) arguments: Vec<OsString>,
    /// Whole environment. The user's own environment is not passed on.
    pub(super) environment: BTreeMap<String, String>,
    /// Log file, to which the output is appended.
    pub(super) log: PathBuf,
}

struct SpawnRequest {
    program: Program,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// Handle of the spawner thread. When the last clone is dropped, the thread exits and its children are killed.
#[derive(Debug, Clone)]
pub(super) struct Spawner(mpsc::Sender<SpawnRequest>);

impl Spawner {
    /// Starts the thread. Must be called within a Tokio runtime. `launcher` is the `meshwalk` program.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn start(launcher: &Path) -> io::Result<Self> {
        let (requests, inbox) = mpsc::channel::<SpawnRequest>();
        let (runtime, launcher) = (Handle::current(), launcher.to_owned());
        thread::Builder::new().name("spawner".to_owned()).spawn(move || {
            let _entered = runtime.enter();
            for request in inbox {
                // If the caller has gone, dropping the child kills it.
                let _ = request.reply.send(spawn(&launcher, &request.program));
            }
        })?;
        Ok(Self(requests))
    }

    ///
    /// # Errors
    /// If the log cannot be written or the process cannot be created. If the program cannot be executed, the child
    /// exits with [`child::NOT_STARTED`] and the log has the reason.
    pub(super) async fn spawn(&self, program: Program) -> io::Result<Child> {
        let (reply, outcome) = oneshot::channel();
        let gone = || io::Error::other("the spawner thread has exited");
        self.0.send(SpawnRequest { program, reply }).map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }
}

fn spawn(launcher: &Path, program: &Program) -> io::Result<Child> {
    let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&program.log)?;
    let mut command = Command::from(child::command(launcher, &program.file, &program.arguments));
    command
        .env_clear()
        .envs(&program.environment)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    command.spawn()
}
