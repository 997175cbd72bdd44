//! Why a running mesh did not answer as hoped, with what to do about it.

use std::path::PathBuf;

use crate::{
    control::{types::ApplyError, unix_http},
    run_folder,
};

/// Why a running mesh did not answer as hoped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no mesh of that name.
    #[error(
        "no mesh named {name:?} is running; start it with `meshwalk up{}`{}",
        run_folder::name_flag(name),
        or_name(running)
    )]
    NotRunning {
        /// The mesh's name.
        name: String,
        /// Those that do run.
        running: Vec<String>,
    },
    /// The mesh said no.
    #[error(transparent)]
    Refused(#[from] ApplyError),
    /// The control socket failed.
    #[error("the mesh {name:?} does not answer on its control socket: {source}")]
    Transport {
        /// The mesh's name.
        name: String,
        /// What happened on the socket.
        source: unix_http::Error,
    },
    /// It was told to end, and has not.
    #[error(
        "the mesh {name:?} was told to end and is still there after {seconds} s; look at the terminal in which it runs"
    )]
    StillThere {
        /// The mesh's name.
        name: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The answer could not be read: most likely another version of the program.
    #[error("the mesh {name:?} answered in words of another version ({reason}); stop it and start it anew")]
    Foreign {
        /// The mesh's name.
        name: String,
        /// What could not be read.
        reason: String,
    },
    /// A path that cannot be made absolute.
    #[error("cannot find {path}: {source}")]
    Path {
        /// As the user named it.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether the input was at fault, so that the command exits with 2.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Path { .. }) || matches!(self, Self::Refused(refusal) if refusal.kind.is_input())
    }
}

fn or_name(running: &[String]) -> String {
    if running.is_empty() { String::new() } else { format!(", or name one that runs: {}", running.join(", ")) }
}
