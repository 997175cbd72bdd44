//! What kind of failure an error is.

use std::{error::Error, io};

use bytes::Bytes;
use http::StatusCode;

use crate::hello::{Failure, FailureKind};

/// How much of an error page goes into the call tree.
const LONGEST_DETAIL: usize = 200;

/// Tells the kind by the whole chain of causes: what the kernel said counts most.
pub(super) fn classify(error: &(dyn Error + 'static)) -> Failure {
    let chain: Vec<&(dyn Error + 'static)> = std::iter::successors(Some(error), |&error| error.source()).collect();
    let connecting = chain
        .iter()
        .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect);
    let io = chain.iter().find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
    let hyper = chain.iter().find_map(|error| error.downcast_ref::<hyper::Error>());
    let kind = match (io, hyper) {
        (Some(io::ErrorKind::TimedOut), _) => FailureKind::Timeout,
        (Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted), _) => {
            FailureKind::Reset
        }
        // A name that is not known and a network that is not there are no connection either.
        _ if connecting => FailureKind::Refused,
        (Some(io::ErrorKind::UnexpectedEof), _) => FailureKind::Reset,
        (_, Some(error)) if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => {
            FailureKind::Reset
        }
        _ => FailureKind::Protocol,
    };
    let words: Vec<String> = chain.iter().map(ToString::to_string).collect();
    Failure { kind, detail: words.join(": ") }
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
