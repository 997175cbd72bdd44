//! Why a plan cannot be carried out.

use std::time::Duration;

use super::{MAX_RATE, MAX_REQUESTS};

/// Why a plan cannot be carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A rate that is zero, negative or not finite.
    #[error("--rate {0}/s: a number above 0 and up to {max}/s is needed", max = MAX_RATE)]
    Rate(f64),
    /// A duration in which no request becomes due.
    #[error(
        "--for is too short for a single request: a duration of at least one request at --rate is needed, such as 10s"
    )]
    NoRequest,
    /// More requests than samples can be kept of.
    #[error("{0} requests in one run, and each is kept as a sample: at most {max} are possible; lower the rate (--rate) or the duration (--for)", max = MAX_REQUESTS)]
    TooMany(u64),
    /// A timeout of zero.
    #[error("--timeout is zero: a duration above 0 is needed, such as 15s")]
    Timeout,
    /// A bound of zero requests in flight.
    #[error("--max-in-flight is 0: a whole number of 1 or more is needed")]
    NoneInFlight,
    /// A bound of zero connections.
    #[error("--connections is 0: a whole number of 1 or more is needed")]
    NoConnection,
    /// A ramp that is longer than the run.
    #[error("--ramp {0:?} is longer than the whole run: at most the sum of --warm-up and --for is possible")]
    Ramp(Duration),
    /// A header that says where a message ends or what a connection does.
    #[error(
        "--header {0} is set by the load generator itself, because it frames messages or rules the connection: leave it out (see --body, --fresh and --http2)"
    )]
    Framing(String),
    /// More than one `Host` header.
    #[error("--header host is given more than once: give it once, or use --host")]
    TwoHosts,
    /// A path that is none.
    #[error(
        "path {0:?} of the URL: it has to begin with / and hold a path and query as in a URL (a space is written %20)"
    )]
    Path(String),
    /// A `Host` that cannot be sent.
    #[error("--host {0:?}: a host name with an optional port is needed, such as meshwalk.localhost")]
    Authority(String),
    /// A header's name with a character that names cannot have.
    #[error("--header with the name {0:?}: letters, digits and hyphens are allowed, such as x-canary")]
    HeaderName(String),
    /// A header's value with a character that values cannot have.
    #[error("--header {0} with the value {1:?}: visible ASCII characters, spaces and tabs are allowed")]
    HeaderValue(String, String),
}
