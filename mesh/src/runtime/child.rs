//! Child processes that the kernel kills when this process exits, even by SIGKILL. A child starts as `meshwalk`,
//! requests the parent death signal, and then executes the program. (A process can only request it for itself, and
//! doing so between fork and exec would need unsafe code.)

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// First argument of a `meshwalk` process that will execute another program.
pub const COMMAND: &str = "__child";

/// Exit code of a child that could not execute its program.
pub const NOT_STARTED: u8 = 127;

/// Error of becoming a program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments were not made by [`command`].
    #[error("{COMMAND} is internal: meshwalk uses it to start its child processes")]
    Arguments,
    /// The parent has already exited.
    #[error("the mesh that started this child has exited")]
    Orphan,
    /// The kernel rejected the death signal.
    #[error("cannot set the parent death signal: {0}")]
    DeathSignal(rustix::io::Errno),
    /// The program cannot be executed.
    #[error("cannot start {program}: {source}")]
    Exec {
        /// Path of the program.
        program: PathBuf,
        /// Reason of the operating system.
        source: std::io::Error,
    },
}

/// Command that starts `program` as a child of the calling thread and dies with it. `launcher` is the `meshwalk`
/// program.
pub fn command(launcher: &Path, program: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(launcher);
    command.arg(COMMAND).arg(std::process::id().to_string()).arg(program).args(arguments);
    // A process group of its own: Ctrl-C reaches only the mesh, which stops its children in order.
    command.process_group(0);
    command
}

/// Executes the program named by the arguments after [`COMMAND`]. Returns only on failure.
pub fn become_program(arguments: &[OsString]) -> Error {
    let [parent, program, rest @ ..] = arguments else { return Error::Arguments };
    let Some(parent) = parent.to_str().and_then(|id| id.parse().ok()).and_then(Pid::from_raw) else {
        return Error::Arguments;
    };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return Error::DeathSignal(error);
    }
    // The parent may have exited before the death signal was set.
    if getppid() != Some(parent) {
        return Error::Orphan;
    }
    let source = Command::new(program).args(rest).exec();
    Error::Exec { program: program.into(), source }
}
