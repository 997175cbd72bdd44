//! What to send, where to, and how fast.

mod connecting;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;

use super::{
    Address, Arrivals, PlanError, Recording, Tls,
    schedule::{Limits, RateCurve},
};

/// Default bound on requests in flight: enough for five seconds of delay at 400 requests a second.
pub const DEFAULT_MAX_IN_FLIGHT: usize = 2000;
/// Default number of connections of the load command: enough for 400 requests per second that take 250 ms each.
pub const DEFAULT_CONNECTIONS: usize = 100;
/// The highest rate of a plan, in requests per second. Above it the generator itself would be what is measured.
pub const MAX_RATE: f64 = 50_000.0;
/// The most requests of a plan that keeps each one in memory as a sample.
pub const MAX_REQUESTS: u64 = 2_000_000;
/// Duration of a plan that ends with its number of requests.
pub const UNLIMITED: Duration = Duration::from_secs(u32::MAX as u64);

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
    /// Body of every request.
    pub body: Bytes,
    /// TLS, unless the server is spoken to in clear.
    pub tls: Option<Tls>,
    /// HTTP/2 instead of HTTP/1.1.
    pub http2: bool,
    /// Requests per second.
    pub rate: f64,
    /// How the requests are spread over time.
    pub arrivals: Arrivals,
    /// Time over which the rate grows from 0 at the start.
    pub ramp: Duration,
    /// Time before `duration` in which requests are sent but not counted.
    pub warm_up: Duration,
    /// How long requests that count become due.
    pub duration: Duration,
    /// Number of requests that count after which the plan ends before its duration.
    pub requests: Option<u64>,
    /// Whether each request opens a connection of its own.
    pub fresh_connections: bool,
    /// How long an answer may take, from when the request was sent, before it counts as timed out.
    pub timeout: Duration,
    /// Whose versions are counted: a service's name in the call tree; without one, the answering service itself, and
    /// and each service of the tree.
    pub service: Option<String>,
    /// Maximum number of requests in flight. Further ones wait and are counted as held back. Their latency counts from
    /// when they were due.
    pub max_in_flight: usize,
    /// Number of connections that are kept at most. With HTTP/1.1, each of them carries one request at a time. Without
    /// an effect on fresh connections.
    pub connections: usize,
    /// What is kept of each request.
    pub recording: Recording,
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
            body: Bytes::new(),
            tls: None,
            http2: false,
            rate,
            arrivals: Arrivals::Constant,
            ramp: Duration::ZERO,
            warm_up: Duration::ZERO,
            duration,
            requests: None,
            fresh_connections: false,
            timeout: Duration::from_secs(15),
            service: None,
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
            connections: DEFAULT_MAX_IN_FLIGHT,
            recording: Recording::Samples,
        }
    }

    /// The same plan over another time.
    #[must_use]
    pub fn lasting(&self, duration: Duration) -> Self {
        Self { duration, ..self.clone() }
    }

    /// How many requests that count become due, on average where arrivals are random.
    pub fn requests(&self) -> u64 {
        let curve = RateCurve::from_plan(self);
        let end = self.warm_up.saturating_add(self.duration);
        let whole = |expected: f64| (expected - 1e-6).ceil().max(0.0) as u64;
        let counted = whole(curve.expected(end)) - whole(curve.expected(self.warm_up));
        self.requests.map_or(counted, |requests| requests.min(counted))
    }

    /// How many requests become due with those of the warm-up, on average where arrivals are random.
    pub(super) fn all_requests(&self) -> u64 {
        let warm_up = RateCurve::from_plan(self).expected(self.warm_up);
        self.requests().saturating_add((warm_up - 1e-6).ceil().max(0.0) as u64)
    }

    /// Requests per second on average over the time that counts; lower than the rate where the ramp is a part of it.
    pub(super) fn average_rate(&self) -> f64 {
        let curve = RateCurve::from_plan(self);
        let before = curve.expected(self.warm_up);
        let end = curve.time_of(before + self.requests() as f64);
        let seconds = end.saturating_sub(self.warm_up).as_secs_f64();
        if self.ramp.is_zero() || seconds <= 0.0 { self.rate } else { (curve.expected(end) - before) / seconds }
    }

    /// When the plan ends.
    pub(super) fn limits(&self) -> Limits {
        Limits { until: self.warm_up.saturating_add(self.duration), requests: self.requests.unwrap_or(u64::MAX) }
    }

    /// When request `index` is due with constant arrivals, from the start of the run.
    pub fn due(&self, index: u64) -> Duration {
        RateCurve::from_plan(self).time_of(index as f64)
    }

    /// Checks the plan and builds the request that is sent again and again.
    ///
    /// # Errors
    /// A [`PlanError`] that names the field, its value and what would be right.
    pub fn request(&self) -> Result<Request<Full<Bytes>>, PlanError> {
        self.check_numbers()?;
        let path: Uri = match self.path.parse() {
            Ok(uri) if self.path.starts_with('/') => uri,
            _ => return Err(PlanError::Path(self.path.clone())),
        };
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        let headers = self.request_headers()?;
        *request.uri_mut() = if self.http2 { self.absolute(&path, &headers)? } else { path };
        *request.headers_mut() = headers;
        if self.http2 {
            // The authority of the URI takes its place (RFC 9113, section 8.3.1).
            request.headers_mut().remove(header::HOST);
        } else if self.fresh_connections {
            request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(request)
    }

    fn request_headers(&self) -> Result<HeaderMap, PlanError> {
        let mut headers = HeaderMap::new();
        let host = HeaderValue::from_str(&self.authority).ok().filter(|host| !host.is_empty());
        headers.insert(header::HOST, host.ok_or_else(|| PlanError::Authority(self.authority.clone()))?);
        let mut has_host = false;
        for (name, value) in &self.headers {
            let key = HeaderName::try_from(name).map_err(|_| PlanError::HeaderName(name.clone()))?;
            let value =
                HeaderValue::try_from(value).map_err(|_| PlanError::HeaderValue(name.clone(), value.clone()))?;
            if key == header::HOST {
                if has_host {
                    return Err(PlanError::TwoHosts);
                }
                has_host = true;
                headers.insert(key, value);
            } else if FRAMING.contains(&key) {
                return Err(PlanError::Framing(name.clone()));
            } else {
                headers.append(key, value);
            }
        }
        Ok(headers)
    }

    fn absolute(&self, path: &Uri, headers: &HeaderMap) -> Result<Uri, PlanError> {
        let host = headers.get(header::HOST).map(HeaderValue::as_bytes).unwrap_or_default();
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let path = path.path_and_query().map_or("/", |path| path.as_str());
        let built = Uri::builder().scheme(scheme).authority(host).path_and_query(path).build();
        built.map_err(|_| PlanError::Authority(String::from_utf8_lossy(host).into_owned()))
    }

    fn check_numbers(&self) -> Result<(), PlanError> {
        if !(self.rate.is_finite() && self.rate > 0.0 && self.rate <= MAX_RATE) {
            return Err(PlanError::Rate(self.rate));
        }
        if self.ramp > self.warm_up.saturating_add(self.duration) {
            return Err(PlanError::Ramp(self.ramp));
        }
        if self.duration.is_zero() || self.requests() == 0 {
            return Err(PlanError::NoRequest);
        }
        if self.recording == Recording::Samples && self.requests() > MAX_REQUESTS {
            return Err(PlanError::TooMany(self.requests()));
        }
        if self.timeout.is_zero() {
            return Err(PlanError::Timeout);
        }
        if self.max_in_flight == 0 {
            return Err(PlanError::NoneInFlight);
        }
        if self.connections == 0 {
            return Err(PlanError::NoConnection);
        }
        Ok(())
    }
}

/// Headers that frame a message or rule a connection (RFC 9112 sections 6 and 9, RFC 9113 section 8.2.2). A wrong one
/// would make the server read the next request as a part of this one.
const FRAMING: [HeaderName; 7] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

#[cfg(test)]
mod tests;
