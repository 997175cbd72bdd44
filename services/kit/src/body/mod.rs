//! Bodies of requests: limits on their size, time and memory.
//!
//! No route of the application works on a body. [`DiscardBody`] reads each body before the service answers, counts its
//! bytes, and keeps none. A route that needs the bytes extracts [`KeptBody`], which takes its memory from one budget for
//! the whole process.

mod discard;
mod error;
mod kept;
mod linger;

use std::time::Duration;

pub(crate) use discard::DiscardBody;
pub(crate) use error::BodyError;
pub(crate) use kept::KeptBody;
pub(crate) use linger::{Lingering, linger};

/// Limits on one request's body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// The largest body, in bytes.
    pub(crate) max_bytes: u64,
    /// Time for the whole body, from the end of the request's head.
    pub(crate) read_timeout: Duration,
}
