//! Names and help texts of the metrics.

use metrics::Unit;

use super::registry::SeriesRegistry;
use crate::metric_names::{CONNECTIONS, FAULTS_INJECTED, LIMIT_ACTIONS, LOG_LINES_DROPPED, SPANS_LOST};

pub(super) const SERVER_DURATION: &str = "http_server_request_duration_seconds";
pub(super) const CLIENT_DURATION: &str = "http_client_request_duration_seconds";
pub(super) const ACTIVE: &str = "http_server_active_requests";
pub(super) const ATTEMPTS: &str = "meshwalk_requests_by_attempt_total";
pub(super) const UNIQUE: &str = "meshwalk_unique_requests_total";
pub(super) const AFTER_SIGNAL: &str = "meshwalk_requests_after_sigterm_total";
pub(super) const BUILD: &str = "meshwalk_build_info";

/// Sets the help texts and the units.
pub(super) fn describe(registry: &SeriesRegistry) {
    let seconds = Some(Unit::Seconds);
    for (name, unit, help) in [
        (SERVER_DURATION, seconds, "Duration of requests until the head of the response."),
        (CLIENT_DURATION, seconds, "Duration of calls to upstreams."),
        (ACTIVE, None, "Requests in flight."),
        (ATTEMPTS, None, "Requests by the attempt count of the proxy in front; 1 is the first attempt."),
        (UNIQUE, None, "Requests by x-request-id, each id counted once a minute however often it was retried."),
        (AFTER_SIGNAL, None, "Requests that arrived after the signal to terminate."),
        (FAULTS_INJECTED, None, "Requests into which a fault was injected, by rule and mode."),
        (LIMIT_ACTIONS, None, "Actions of limits on connections, requests and baggage, by limit and action."),
        (CONNECTIONS, None, "Open connections by port and state."),
        (LOG_LINES_DROPPED, None, "Log lines dropped because the reader of the log is too slow."),
        (SPANS_LOST, None, "Spans that did not reach the collector, by reason."),
        (BUILD, None, "Service, release and package version of the process; always 1."),
    ] {
        registry.describe(name, unit, help);
    }
}
