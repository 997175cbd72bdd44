//! Metrics in Prometheus' text format, under the names of OpenTelemetry's semantic conventions.
//!
//! Every label has a bounded set of values: methods are folded, routes are templates, upstreams come from the
//! configuration.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use http::StatusCode;
use metrics::{Label, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::Origin;
use crate::identity::Identity;

const SERVER_DURATION: &str = "http_server_request_duration_seconds";
const CLIENT_DURATION: &str = "http_client_request_duration_seconds";
const ACTIVE: &str = "http_server_active_requests";
const ATTEMPTS: &str = "meshwalk_requests_by_attempt_total";
const UNIQUE: &str = "meshwalk_unique_requests_total";
const AFTER_SIGNAL: &str = "meshwalk_requests_after_sigterm_total";
pub(crate) const FAULTS_INJECTED: &str = "meshwalk_faults_injected_total";
pub(crate) const LIMIT_ACTIONS: &str = "meshwalk_limit_actions_total";
const BUILD: &str = "meshwalk_build_info";

/// The bucket bounds, in seconds, that the conventions advise for both durations.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// How often histograms move what they have gathered to where a scrape finds it.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's metrics. There is one set per process, however many of these there are.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Sets the process's metrics up, or joins those that are.
    ///
    /// # Errors
    /// Somebody else records this process's metrics.
    pub fn install(identity: &Identity) -> anyhow::Result<Self> {
        static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = match &*installed {
            Some(handle) => handle.clone(),
            None => installed.insert(install()?).clone(),
        };
        gauge!(BUILD, "service" => identity.service.clone(), "version" => identity.release.as_str(),
            "package" => env!("CARGO_PKG_VERSION"))
        .set(1.0);
        counter!(AFTER_SIGNAL).increment(0);
        counter!(UNIQUE).increment(0);
        Ok(Self(handle))
    }

    /// The text that Prometheus reads.
    pub(crate) fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps histograms from gathering samples without end where nobody scrapes.
    pub(crate) async fn upkeep(self) {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            self.0.run_upkeep();
        }
    }
}

fn install() -> anyhow::Result<PrometheusHandle> {
    let mut builder = PrometheusBuilder::new();
    for name in [SERVER_DURATION, CLIENT_DURATION] {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.into()), &BUCKETS)?;
    }
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("somebody else records this process's metrics")?;
    describe_histogram!(SERVER_DURATION, "How long requests took until the head of their answer.");
    describe_histogram!(CLIENT_DURATION, "How long calls to upstreams took.");
    describe_gauge!(ACTIVE, "Requests that are being answered.");
    describe_counter!(ATTEMPTS, "Requests by which try of the proxy's they were; 1 is the first.");
    describe_counter!(UNIQUE, "Requests by their x-request-id, each counted once a minute however often it was tried.");
    describe_counter!(AFTER_SIGNAL, "Requests that came after the signal to end.");
    describe_counter!(FAULTS_INJECTED, "Requests into which a fault was injected, by its rule and mode.");
    describe_counter!(LIMIT_ACTIONS, "Connections closed and requests rejected by a limit, by the flag that sets it.");
    describe_gauge!(BUILD, "What runs; always 1.");
    Ok(handle)
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct ActiveRequest(&'static str);

impl ActiveRequest {
    pub(crate) fn begin(method: &'static str) -> Self {
        gauge!(ACTIVE, "http_request_method" => method).increment(1.0);
        Self(method)
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        gauge!(ACTIVE, "http_request_method" => self.0).decrement(1.0);
    }
}

/// Counts a request that has ended: with a status, or without an answer and why.
pub(crate) fn server_request(
    method: &'static str,
    route: Option<&str>,
    result: Result<StatusCode, &'static str>,
    took: Duration,
) {
    let mut labels = vec![Label::from_static_parts("http_request_method", method)];
    labels.extend(route.map(|route| Label::new("http_route", route.to_owned())));
    labels.extend(outcome(result, result.is_ok_and(|status| status.is_server_error())));
    histogram!(SERVER_DURATION, labels).record(took);
}

/// Counts a call to an upstream: by its status, or by the kind of its failure.
pub(crate) fn client_request(to: Option<Origin>, result: Result<StatusCode, &'static str>, took: Duration) {
    let mut labels = vec![Label::from_static_parts("http_request_method", "GET")];
    if let Some(Origin { host, port }) = to {
        labels.extend([Label::new("server_address", host), Label::new("server_port", port.to_string())]);
    }
    let failed = result.is_err() || result.is_ok_and(|status| status.is_client_error() || status.is_server_error());
    labels.extend(outcome(result, failed));
    histogram!(CLIENT_DURATION, labels).record(took);
}

/// By which label a try of the proxy's is counted: a client cannot make up new ones.
pub(crate) const ATTEMPT_LABELS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10+"];

/// The place of a try's label.
pub(crate) fn attempt_index(attempt: u32) -> usize {
    (attempt.max(1) as usize).min(ATTEMPT_LABELS.len()) - 1
}

/// Counts a request by which try of the proxy's it is.
pub(crate) fn request_attempt(attempt: u32) {
    counter!(ATTEMPTS, "attempt" => ATTEMPT_LABELS[attempt_index(attempt)]).increment(1);
}

/// Counts a request whose id did not come within the last minute.
pub(crate) fn unique_request() {
    counter!(UNIQUE).increment(1);
}

/// Counts a request that came after the signal to end.
pub(crate) fn request_after_signal() {
    counter!(AFTER_SIGNAL).increment(1);
}

fn outcome(result: Result<StatusCode, &'static str>, failed: bool) -> Vec<Label> {
    match result {
        Ok(status) => {
            let code = status.as_u16().to_string();
            let error = failed.then(|| Label::new("error_type", code.clone()));
            [Label::new("http_response_status_code", code)].into_iter().chain(error).collect()
        }
        Err(kind) => vec![Label::from_static_parts("error_type", kind)],
    }
}
