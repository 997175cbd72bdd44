//! Metrics that every request updates.
//!
//! A request allocates nothing here and does not search the registry: each series is looked up once, and its handle kept.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hash},
    sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock},
    time::{Duration, Instant},
};

use http::{StatusCode, Uri, Version};
use metrics::{Counter, Gauge};

use super::{
    REGISTRY,
    histogram::{Histogram, TraceRef},
    label_hasher::LabelHasher,
    names::{ACTIVE, AFTER_SIGNAL, ATTEMPTS, CLIENT_DURATION, SERVER_DURATION, UNIQUE},
    registry::SERIES_LIMIT,
};
use crate::telemetry::{
    UrlOrigin,
    spans::{METHOD_LABELS, protocol_version},
};

/// Label values of attempts: a client cannot make up new ones.
pub(crate) const ATTEMPT_LABELS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10+"];

/// Index of an attempt's label.
pub(crate) fn attempt_index(attempt: u32) -> usize {
    (attempt.max(1) as usize).min(ATTEMPT_LABELS.len()) - 1
}

/// How a request ended: with a status, or without one for a reason.
pub(crate) type RequestResult = Result<StatusCode, &'static str>;

/// The parts of a request to the application that its metrics are labelled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ServerLabels {
    /// Method, folded to the known ones.
    pub(crate) method: &'static str,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// Version of HTTP.
    pub(crate) version: Version,
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct ActiveRequest(&'static Gauge);

impl ActiveRequest {
    /// Counts a request until the value is dropped.
    pub(crate) fn begin(labels: ServerLabels) -> Self {
        // By method and scheme: https and http.
        static GAUGES: [[OnceLock<Gauge>; 2]; METHOD_LABELS.len()] =
            [const { [const { OnceLock::new() }; 2] }; METHOD_LABELS.len()];
        let ServerLabels { method, scheme, .. } = labels;
        let by_scheme = &GAUGES[METHOD_LABELS.iter().position(|label| *label == method).unwrap_or_default()];
        let gauge = by_scheme[usize::from(scheme == "http")].get_or_init(|| {
            let labels = [("http_request_method", method), ("url_scheme", scheme)];
            REGISTRY.gauge(ACTIVE, &labels).map_or_else(Gauge::noop, Gauge::from_arc)
        });
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Records a request of the application port that took `duration` and ended at `now`.
pub(crate) fn server_request(
    labels: ServerLabels,
    route: Option<&str>,
    result: RequestResult,
    duration: Duration,
    now: Instant,
    trace: Option<TraceRef<'_>>,
) {
    static DURATIONS: LazyLock<HandleCache<(ServerLabels, RequestResult), Histogram>> =
        LazyLock::new(HandleCache::default);
    let make = || {
        let mut all = vec![("http_request_method", labels.method)];
        all.extend(route.map(|route| ("http_route", route)));
        let failed = result.is_ok_and(|status| status.is_server_error());
        push_outcome(&mut all, &result, failed);
        all.extend([("url_scheme", labels.scheme), ("network_protocol_version", protocol_version(labels.version))]);
        REGISTRY.histogram(SERVER_DURATION, &all)
    };
    // No route is empty, so the requests without one have a place of their own.
    DURATIONS.with(route.unwrap_or_default(), (labels, result), make, |durations| {
        durations.record(duration, now, trace);
    });
}

/// Records a call to an upstream that began at `began` and has just ended.
pub(crate) fn client_request(url: &Uri, result: RequestResult, began: Instant, trace: Option<TraceRef<'_>>) {
    static DURATIONS: LazyLock<HandleCache<RequestResult, Histogram>> = LazyLock::new(HandleCache::default);
    let make = || {
        let origin = UrlOrigin::of_url(url).map(|origin| (origin.host, origin.port.to_string()));
        let mut all = vec![("http_request_method", "GET")];
        if let Some((host, port)) = &origin {
            all.extend([("server_address", host.as_str()), ("server_port", port)]);
        }
        let failed = result.is_ok_and(|status| status.is_client_error() || status.is_server_error());
        push_outcome(&mut all, &result, failed);
        REGISTRY.histogram(CLIENT_DURATION, &all)
    };
    let now = Instant::now();
    DURATIONS.with(url.authority().map_or("", |authority| authority.as_str()), result, make, |durations| {
        durations.record(now.saturating_duration_since(began), now, trace);
    });
}

/// Counts a request by its attempt.
pub(crate) fn request_attempt(attempt: u32) {
    static BY_ATTEMPT: [OnceLock<Counter>; ATTEMPT_LABELS.len()] = [const { OnceLock::new() }; ATTEMPT_LABELS.len()];
    let index = attempt_index(attempt);
    BY_ATTEMPT[index].get_or_init(|| counter(ATTEMPTS, &[("attempt", ATTEMPT_LABELS[index])])).increment(1);
}

/// Counts a request whose id did not come within the last minute.
pub(crate) fn unique_request() {
    unique_requests().increment(1);
}

/// Counts a request that came after the signal to terminate.
pub(crate) fn request_after_signal() {
    requests_after_signal().increment(1);
}

/// The counter of unique requests; it exists from its first use on.
pub(super) fn unique_requests() -> &'static Counter {
    static COUNTER: OnceLock<Counter> = OnceLock::new();
    COUNTER.get_or_init(|| counter(UNIQUE, &[]))
}

/// The counter of requests after the signal to terminate; it exists from its first use on.
pub(super) fn requests_after_signal() -> &'static Counter {
    static COUNTER: OnceLock<Counter> = OnceLock::new();
    COUNTER.get_or_init(|| counter(AFTER_SIGNAL, &[]))
}

fn counter(name: &str, labels: &[(&str, &str)]) -> Counter {
    REGISTRY.counter(name, labels).map_or_else(Counter::noop, Counter::from_arc)
}

fn push_outcome<'a>(labels: &mut Vec<(&'static str, &'a str)>, result: &'a RequestResult, failed: bool) {
    match result {
        Ok(status) => {
            labels.push(("http_response_status_code", status.as_str()));
            labels.extend(failed.then(|| ("error_type", status.as_str())));
        }
        Err(kind) => labels.push(("error_type", kind)),
    }
}

/// Handles of series, by a text (a route or an origin) and further labels. Finding one costs a shared lock and two hashes.
///
/// The registry bounds the number of series; beyond it, a request searches the registry for the overflow series.
#[derive(Debug)]
struct HandleCache<K, H>(RwLock<Handles<K, H>>);

type Handles<K, H> = KeyedMap<Box<str>, KeyedMap<K, Arc<H>>>;

type KeyedMap<K, V> = HashMap<K, V, BuildHasherDefault<LabelHasher>>;

impl<K, H> Default for HandleCache<K, H> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Copy + Eq + Hash, H> HandleCache<K, H> {
    /// Applies `apply` to a handle, which `make` finds in the registry at the first use. `None` if there is no such series.
    fn with<R>(
        &self,
        name: &str,
        key: K,
        make: impl FnOnce() -> Option<Arc<H>>,
        apply: impl FnOnce(&Arc<H>) -> R,
    ) -> Option<R> {
        // A panic elsewhere cannot leave the map half changed: each change is one statement.
        let handles = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = handles.get(name).and_then(|handles| handles.get(&key)) {
            return Some(apply(handle));
        }
        drop(handles);
        let handle = make()?;
        let applied = apply(&handle);
        let mut handles = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if handles.values().map(HashMap::len).sum::<usize>() < SERIES_LIMIT {
            handles.entry(name.into()).or_default().insert(key, handle);
        }
        Some(applied)
    }
}
