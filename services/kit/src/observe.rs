//! What every request of the application port goes through first: its context is read, and its end is told to the span,
//! the metrics and the log.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Version, header};

use crate::{
    app::App,
    faults::{InjectedFault, Ledger},
    host_check,
    inbound::Inbound,
    net::NoAnswer,
    telemetry::{self, ActiveRequest, CANCELLED, RequestResult, ServerLabels},
};

/// The middleware.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let inbound = Arc::new(Inbound::new(&app, &parts, route.as_ref().map(MatchedPath::as_str)));
    app.attempts.count(inbound.attempt, inbound.request_id.as_deref());
    let observation = Observation::begin(&parts, route, Arc::clone(&inbound));
    if app.is_ending() {
        telemetry::request_after_signal();
    }
    let version = parts.version;
    parts.extensions.insert(inbound);
    parts.extensions.insert(observation.ledger.clone());

    let mut response = match host_check::check(&parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    };

    let headers = response.headers_mut();
    headers.reserve(app.identity_headers.len());
    for (name, value) in &app.identity_headers {
        headers.insert(name.clone(), value.clone());
    }
    if app.is_ending() && version < Version::HTTP_2 {
        // The client opens its next connection to somebody who stays. HTTP/2 says the same when the port closes.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    observation.end(&response);
    response
}

/// A request whose answer is not there yet. If it is dropped before, the client has gone away.
struct Observation {
    inbound: Arc<Inbound>,
    /// What was injected, also into a request that the client gives up.
    ledger: Ledger,
    labels: ServerLabels,
    path: String,
    route: Option<MatchedPath>,
    _active: ActiveRequest,
    ended: bool,
}

impl Observation {
    fn begin(parts: &http::request::Parts, route: Option<MatchedPath>, inbound: Arc<Inbound>) -> Self {
        let labels = ServerLabels {
            method: telemetry::method_label(&parts.method),
            scheme: telemetry::url_scheme(parts),
            version: parts.version,
        };
        let _active = ActiveRequest::begin(labels);
        Self {
            inbound,
            ledger: Ledger::default(),
            labels,
            path: parts.uri.path().to_owned(),
            route,
            _active,
            ended: false,
        }
    }

    fn end(mut self, response: &Response) {
        self.ended = true;
        self.tell(match response.extensions().get::<NoAnswer>() {
            None => Ok(response.status()),
            Some(no_answer) => Err(no_answer.as_str()),
        });
    }

    /// Tells of the end: with a status, or without an answer and why.
    fn tell(&self, outcome: RequestResult) {
        let faults = &self.ledger.injected().faults;
        let inbound = &self.inbound;
        let route = self.route.as_ref().map(MatchedPath::as_str);
        telemetry::server_request(self.labels, route, outcome, inbound.arrived, inbound.exemplar());
        telemetry::server_outcome(&inbound.span, outcome, inbound.attempt, faults);
        tracing::info!(
            method = self.labels.method,
            path = self.path,
            status = outcome.ok().map(|status| status.as_u16()),
            took_ms = millis(inbound.arrived),
            attempt = inbound.attempt,
            peer = inbound.peer,
            request_id = inbound.request_id,
            trace_id = inbound.trace_id,
            span_id = inbound.span_id,
            error = outcome.err(),
            failed = inbound.failed(),
            faults = fault_list(faults),
            capped = faults.iter().any(|fault| fault.capped).then_some(true),
            "{}",
            match outcome {
                Ok(_) => "request",
                Err(CANCELLED) => "request given up by the client",
                Err(_) => "request left without an answer by a fault",
            }
        );
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if !self.ended {
            self.tell(Err(CANCELLED));
        }
    }
}

/// Milliseconds since then, with three decimals, which is what a person can use.
pub(crate) fn millis(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

/// Faults in a line of the log; nothing where there are none.
pub(crate) fn fault_list(faults: &[InjectedFault]) -> Option<String> {
    let names: Vec<String> = faults.iter().map(|fault| format!("{}={}", fault.id, fault.mode)).collect();
    (!names.is_empty()).then(|| names.join(","))
}
