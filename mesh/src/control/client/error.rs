//! Errors of the control API's client.

use std::path::PathBuf;

use crate::{
    control::{types::ApplyError, unix_http},
    run_folder,
};

/// Error of a request to a running mesh.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No mesh of this name is running.
    #[error(
        "no mesh named {name:?} is running; start it with `meshwalk up{}`{}",
        run_folder::name_flag(name),
        or_name(running)
    )]
    NotRunning {
        /// The mesh's name.
        name: String,
        /// Names of the running meshes.
        running: Vec<String>,
    },
    /// The mesh rejected the request.
    #[error(transparent)]
    Refused(#[from] ApplyError),
    /// The control socket failed.
    #[error("mesh {name:?} does not answer on its control socket: {source}")]
    Transport {
        /// The mesh's name.
        name: String,
        /// Error of the socket.
        source: unix_http::Error,
    },
    /// The mesh did not exit within the deadline.
    #[error("mesh {name:?} is still running {seconds} s after the request to stop; look at its terminal")]
    ShutdownTimeout {
        /// The mesh's name.
        name: String,
        /// The deadline.
        seconds: u64,
    },
    /// The response could not be parsed, most likely because the mesh runs another version.
    #[error("cannot parse the response of mesh {name:?}: {reason}; it may run another version, so restart it")]
    IncompatibleVersion {
        /// The mesh's name.
        name: String,
        /// The parser's message.
        reason: String,
    },
    /// A path cannot be made absolute.
    #[error("cannot find {path}: {source}")]
    Path {
        /// The path as the user typed it.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// True if the input is invalid; the command then exits with 2.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Path { .. }) || matches!(self, Self::Refused(apply_error) if apply_error.kind.is_input())
    }
}

fn or_name(running: &[String]) -> String {
    if running.is_empty() { String::new() } else { format!(", or name a running one: {}", running.join(", ")) }
}
