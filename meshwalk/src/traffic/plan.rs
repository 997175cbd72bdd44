//! What to send, where to, and how fast.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Empty;

/// How many requests may be in flight at once unless a plan says otherwise: enough for five seconds of delay at 400
/// requests a second.
pub const DEFAULT_MAX_IN_FLIGHT: usize = 2000;
/// The highest rate of a plan, in requests per second. Above it the generator itself would be what is measured.
pub const MAX_RATE: f64 = 50_000.0;
/// The most requests of one plan: every one of them is kept in memory as a sample.
pub const MAX_REQUESTS: u64 = 2_000_000;

/// Where requests enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A Unix socket: an application behind its sidecar, reached as `kubectl port-forward` would reach it.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// What to send, and how fast. Open loop: a request is due at its time whether or not earlier ones have been answered.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where requests enter.
    pub address: Address,
    /// The `Host` header.
    pub authority: String,
    /// The request's method.
    pub method: Method,
    /// The request's path and query.
    pub path: String,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Requests per second.
    pub rate: f64,
    /// How long requests become due.
    pub duration: Duration,
    /// Whether each request opens a connection of its own.
    pub fresh_connections: bool,
    /// How long an answer may take, from when the request was sent, before it counts as timed out.
    pub timeout: Duration,
    /// Whose versions are counted: a service's name in the call tree; without one, the answering service itself, and
    /// beside it each service of the tree.
    pub service: Option<String>,
    /// How many requests may be in flight at once. Further ones wait, are counted as held back, and their latency goes
    /// on counting from when they were due.
    pub max_in_flight: usize,
}

impl Plan {
    /// A plan for `GET path` at `rate` requests per second over `duration`: kept connections, a timeout of 15 s, the
    /// answering service counted. The other fields can be set afterwards.
    pub fn get(address: Address, authority: &str, path: &str, rate: f64, duration: Duration) -> Self {
        Self {
            address,
            authority: authority.to_owned(),
            method: Method::GET,
            path: path.to_owned(),
            headers: Vec::new(),
            rate,
            duration,
            fresh_connections: false,
            timeout: Duration::from_secs(15),
            service: None,
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
        }
    }

    /// The same plan over another time.
    #[must_use]
    pub fn lasting(&self, duration: Duration) -> Self {
        Self { duration, ..self.clone() }
    }

    /// How many requests become due: those whose time `i / rate` lies before the end of `duration`.
    pub fn requests(&self) -> u64 {
        // A product such as 0.1 * 30 lies a hair above 3; that hair is no fourth request.
        (self.rate * self.duration.as_secs_f64() - 1e-6).ceil().max(0.0) as u64
    }

    /// When request `index` is due, from the start of the run.
    pub fn due(&self, index: u64) -> Duration {
        Duration::from_secs_f64(index as f64 / self.rate)
    }

    /// Checks the plan and builds the request that is sent again and again.
    ///
    /// # Errors
    /// A [`PlanError`] that names the field, its value and what would be right.
    pub fn request(&self) -> Result<Request<Empty<Bytes>>, PlanError> {
        self.check_numbers()?;
        let uri: Uri = match self.path.parse() {
            Ok(uri) if self.path.starts_with('/') => uri,
            _ => return Err(PlanError::Path(self.path.clone())),
        };
        let mut request = Request::new(Empty::new());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        let host = HeaderValue::from_str(&self.authority).ok().filter(|host| !host.is_empty());
        headers.insert(header::HOST, host.ok_or_else(|| PlanError::Authority(self.authority.clone()))?);
        for (name, value) in &self.headers {
            let key = HeaderName::try_from(name).map_err(|_| PlanError::HeaderName(name.clone()))?;
            let value =
                HeaderValue::try_from(value).map_err(|_| PlanError::HeaderValue(name.clone(), value.clone()))?;
            if key == header::HOST {
                headers.insert(key, value);
            } else {
                headers.append(key, value);
            }
        }
        if self.fresh_connections {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(request)
    }

    fn check_numbers(&self) -> Result<(), PlanError> {
        if !(self.rate.is_finite() && self.rate > 0.0 && self.rate <= MAX_RATE) {
            return Err(PlanError::Rate(self.rate));
        }
        if self.duration.is_zero() || self.requests() == 0 {
            return Err(PlanError::NoRequest);
        }
        if self.requests() > MAX_REQUESTS {
            return Err(PlanError::TooMany(self.requests()));
        }
        if self.timeout.is_zero() {
            return Err(PlanError::Timeout);
        }
        if self.max_in_flight == 0 {
            return Err(PlanError::NoneInFlight);
        }
        Ok(())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan::get(Address::Tcp(([127, 0, 0, 1], 1).into()), "meshwalk.localhost", "/", 10.0, Duration::from_secs(3))
    }

    #[test]
    fn the_number_of_requests_is_the_rate_times_the_duration() {
        assert_eq!(plan().requests(), 30);
        assert_eq!(Plan { rate: 0.1, duration: Duration::from_secs(30), ..plan() }.requests(), 3);
        assert_eq!(Plan { rate: 3.0, duration: Duration::from_millis(500), ..plan() }.requests(), 2);
        assert_eq!(plan().due(15), Duration::from_millis(1500));
    }

    #[test]
    fn a_plan_that_cannot_be_carried_out_names_what_is_wrong() {
        let refused = |plan: Plan| plan.request().unwrap_err().to_string();
        assert!(refused(Plan { rate: f64::NAN, ..plan() }).contains("rate NaN/s"));
        assert!(refused(Plan { rate: 1e9, ..plan() }).contains("up to 50000/s"));
        assert!(refused(Plan { rate: 50_000.0, duration: Duration::from_secs(3600), ..plan() }).contains("180000000"));
        assert!(refused(Plan { duration: Duration::ZERO, ..plan() }).contains("duration"));
        assert!(refused(Plan { path: "api".into(), ..plan() }).contains("\"api\""));
        assert!(refused(Plan { path: "/a b".into(), ..plan() }).contains("%20"));
        assert!(refused(Plan { authority: String::new(), ..plan() }).contains("host"));
        assert!(refused(Plan { headers: vec![("x y".into(), "1".into())], ..plan() }).contains("\"x y\""));
        assert!(refused(Plan { headers: vec![("x-y".into(), "1\n2".into())], ..plan() }).contains("x-y"));
    }

    #[test]
    fn a_fresh_connection_says_that_it_will_be_closed() {
        let request = Plan { fresh_connections: true, ..plan() }.request().unwrap();
        assert_eq!(request.headers()["connection"], "close");
        assert_eq!(request.headers()["host"], "meshwalk.localhost");
    }
}
