//! One thread starts all children: the kernel ends a child with the *thread* that started it, and the runtime's
//! own threads may end before the mesh does.

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
    /// The file.
    pub(super) file: PathBuf,
    /// Its arguments.
    pub(super) arguments: Vec<OsString>,
    /// Its whole environment: nothing of the user's own gets in.
    pub(super) environment: BTreeMap<String, String>,
    /// Where its output goes, appended.
    pub(super) log: PathBuf,
}

struct Order {
    program: Program,
    answer: oneshot::Sender<io::Result<Child>>,
}

/// Starts children. The thread ends, and all children with it, when the last copy is dropped.
#[derive(Debug, Clone)]
pub(super) struct Spawner(mpsc::Sender<Order>);

impl Spawner {
    /// Starts the thread; must be called within a Tokio runtime. `launcher` is the `meshwalk` program.
    ///
    /// # Errors
    /// If the operating system has no thread left.
    pub(super) fn start(launcher: &Path) -> io::Result<Self> {
        let (orders, inbox) = mpsc::channel::<Order>();
        let (runtime, launcher) = (Handle::current(), launcher.to_owned());
        thread::Builder::new().name("spawner".to_owned()).spawn(move || {
            let _entered = runtime.enter();
            for order in inbox {
                // A caller who has gone drops the child, which kills it.
                let _ = order.answer.send(spawn(&launcher, &order.program));
            }
        })?;
        Ok(Self(orders))
    }

    /// Starts a program.
    ///
    /// # Errors
    /// If its log cannot be written or no process can be made. That the program itself cannot be executed shows in
    /// its exit code ([`child::NOT_STARTED`]) and in its log.
    pub(super) async fn spawn(&self, program: Program) -> io::Result<Child> {
        let (answer, outcome) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes has ended");
        self.0.send(Order { program, answer }).map_err(|_| gone())?;
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
