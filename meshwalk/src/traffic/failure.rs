//! Classes of failures without an HTTP answer.

use std::{error::Error, io};

use super::FailureKind;

/// A request that got no HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct Failure {
    /// How it failed.
    pub kind: FailureKind,
    /// In words.
    pub detail: String,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// A failure while connecting. All but timeouts count as refused, because there was no connection.
    pub(super) fn connecting(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::new(FailureKind::Timeout, format!("no connection: {error}")),
            // The listener's queue took the connection, and the process exited before it was accepted.
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                Self::new(FailureKind::Reset, format!("connection reset while connecting: {error}"))
            }
            io::ErrorKind::NotFound => Self::new(FailureKind::Refused, "no such socket"),
            _ => Self::new(FailureKind::Refused, error.to_string()),
        }
    }

    /// A failure on a connection that had been made. `place` says how far the answer had come.
    pub(super) fn exchanging(error: &hyper::Error, location: &str) -> Self {
        if error.is_timeout() {
            return Self::new(FailureKind::Reset, format!("{location}: no response to a ping, the connection is dead"));
        }
        if let Some(io) = io_cause(error) {
            return Self::new(FailureKind::Reset, format!("{location}: {io}"));
        }
        if let Some(h2) = error.source().and_then(|cause| cause.downcast_ref::<h2::Error>()) {
            let kind = if h2.is_reset() || h2.is_go_away() { FailureKind::Reset } else { FailureKind::Protocol };
            return Self::new(kind, format!("{location}: {h2}"));
        }
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return Self::new(FailureKind::Reset, format!("{location}: connection closed"));
        }
        Self::new(FailureKind::Protocol, format!("{location}: {error}"))
    }
}

/// The operating system's error at the root of hyper's, unless it stands for a broken message.
fn io_cause(error: &hyper::Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            // Hyper reports a malformed chunk as an I/O error of these kinds; that is the peer speaking no HTTP.
            let malformed = matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput);
            return (!malformed).then_some(io);
        }
        cause = error.source();
    }
    None
}

/// Whether the operating system refused for want of something on the client's side, so that nothing is said about the
/// server: no file descriptor, no free port, no memory.
pub(super) fn is_own(error: &io::Error) -> bool {
    // ENOMEM 12, ENFILE 23, EMFILE 24, EADDRNOTAVAIL 99 on Linux.
    let exhausted = [rustix::io::Errno::NOMEM, rustix::io::Errno::NFILE, rustix::io::Errno::MFILE]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()));
    exhausted || error.kind() == io::ErrorKind::AddrNotAvailable
}
