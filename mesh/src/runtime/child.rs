//! How a child comes to end with us, even if we are killed: it starts as this program again, asks the kernel for
//! that, and becomes the program that was meant. (Only a process can ask for itself, and doing it between fork and
//! exec would need unsafe code.)

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// The first argument by which the program knows that it is to become another.
pub const COMMAND: &str = "__child";

/// The exit code of a child that could not become its program.
pub const NOT_STARTED: u8 = 127;

/// Why a child did not become its program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments are not those that [`command`] makes.
    #[error("{COMMAND} is how meshwalk starts its own children; it is nothing to type")]
    Arguments,
    /// The parent ended in the meantime.
    #[error("the mesh that started this child has ended")]
    Orphan,
    /// The kernel refused.
    #[error("cannot tie the child to its parent: {0}")]
    Tie(rustix::io::Errno),
    /// The program cannot be started.
    #[error("cannot start {program}: {source}")]
    Exec {
        /// The program.
        program: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

/// The command that starts `program` as a child that ends with the thread that spawns it. `launcher` is the
/// `meshwalk` program.
pub fn command(launcher: &Path, program: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(launcher);
    command.arg(COMMAND).arg(std::process::id().to_string()).arg(program).args(arguments);
    // A group of its own: Ctrl-C on the terminal reaches us alone, and we end the children in order.
    command.process_group(0);
    command
}

/// Becomes the program that the arguments after [`COMMAND`] name. Returns only if that failed.
pub fn become_program(arguments: &[OsString]) -> Error {
    let [parent, program, rest @ ..] = arguments else { return Error::Arguments };
    let Some(parent) = parent.to_str().and_then(|id| id.parse().ok()).and_then(Pid::from_raw) else {
        return Error::Arguments;
    };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return Error::Tie(error);
    }
    // If the parent ended before the line above, no signal will come any more.
    if getppid() != Some(parent) {
        return Error::Orphan;
    }
    let source = Command::new(program).args(rest).exec();
    Error::Exec { program: program.into(), source }
}
