//! Why a plan cannot be carried out.

use std::time::Duration;

use super::{MAX_RATE, MAX_REQUESTS};

/// Why a plan cannot be carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A rate that is no rate.
    #[error("rate {0}/s: a number above 0 and up to {max}/s is needed", max = MAX_RATE)]
    Rate(f64),
    /// A duration in which no request becomes due.
    #[error("the duration is too short for a single request: lengthen it, or raise the rate")]
    NoRequest,
    /// More requests than samples can be kept of.
    #[error("{0} requests in one run, and each is kept as a sample: at most {max} are possible; lower the rate or the duration", max = MAX_REQUESTS)]
    TooMany(u64),
    /// A timeout of zero.
    #[error("the timeout is zero: no request could be answered in time")]
    Timeout,
    /// A bound of zero requests in flight.
    #[error("the number of requests in flight is bounded to zero: at least 1 is needed")]
    NoneInFlight,
    /// A bound of zero connections.
    #[error("the number of connections is zero: at least 1 is needed")]
    NoConnection,
    /// A ramp that is longer than the run.
    #[error("the ramp of {0:?} is longer than the whole run: shorten it")]
    Ramp(Duration),
    /// A header that says where a message ends or what a connection does.
    #[error(
        "header {0} is set by the load generator itself, because it frames messages or rules the connection: leave it out (see --body, --fresh and --http2)"
    )]
    Framing(String),
    /// More than one `Host` header.
    #[error("header host is given more than once: give it once, or use --host")]
    TwoHosts,
    /// A path that is none.
    #[error("path {0:?}: it has to begin with / and hold a path and query as in a URL (a space is written %20)")]
    Path(String),
    /// A `Host` that cannot be sent.
    #[error("host {0:?}: a host name with an optional port is needed, such as meshwalk.localhost")]
    Authority(String),
    /// A header's name with a character that names cannot have.
    #[error("header name {0:?}: letters, digits and hyphens are allowed, such as x-canary")]
    HeaderName(String),
    /// A header's value with a character that values cannot have.
    #[error("value {1:?} of header {0}: visible ASCII characters, spaces and tabs are allowed")]
    HeaderValue(String, String),
}
