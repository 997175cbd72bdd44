//! What kind of failure an error is.

use std::{error::Error, io};

use bytes::Bytes;
use http::StatusCode;

use crate::call_failure::{Failure, FailureKind};

/// Maximum length of an error page in the call tree, in bytes.
const LONGEST_DETAIL: usize = 200;

/// Failure to connect.
pub(super) fn of_connect(error: &io::Error) -> Failure {
    // An unknown name and an unreachable network are refused connections, too.
    let kind = of_io(error.kind()).unwrap_or(FailureKind::Refused);
    Failure { kind, detail: format!("cannot connect: {error}") }
}

/// Failure of a request or of a response on a connection.
///
/// The whole chain of causes decides; an error of the kernel comes first.
pub(super) fn of_exchange(error: &(dyn Error + 'static)) -> Failure {
    let chain: Vec<&(dyn Error + 'static)> = std::iter::successors(Some(error), |&error| error.source()).collect();
    let io = chain.iter().find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
    let hyper = chain.iter().find_map(|error| error.downcast_ref::<hyper::Error>());
    let kind = match (io.and_then(of_io), hyper) {
        (Some(kind), _) => kind,
        _ if io == Some(io::ErrorKind::UnexpectedEof) => FailureKind::Reset,
        (_, Some(error)) if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => {
            FailureKind::Reset
        }
        _ => FailureKind::Protocol,
    };
    let messages: Vec<String> = chain.iter().map(ToString::to_string).collect();
    Failure { kind, detail: messages.join(": ") }
}

fn of_io(kind: io::ErrorKind) -> Option<FailureKind> {
    match kind {
        io::ErrorKind::TimedOut => Some(FailureKind::Timeout),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            Some(FailureKind::Reset)
        }
        _ => None,
    }
}

/// An upstream that answered that it failed, with what it said unless that is a call tree of its own.
pub(super) fn of_status(status: StatusCode, body: Option<&Bytes>) -> Failure {
    let said = body.map(|body| String::from_utf8_lossy(body).trim().to_owned()).filter(|said| !said.is_empty());
    let detail = match said {
        Some(said) => format!("{status}: {}", said.chars().take(LONGEST_DETAIL).collect::<String>()),
        None => status.to_string(),
    };
    Failure { kind: FailureKind::Http, detail }
}
