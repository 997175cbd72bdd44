//! One request under observation: what its span, its metrics and its line of the log say of its end.

use std::{sync::Arc, time::Instant};

use axum::{extract::MatchedPath, response::Response};
use http::request;

use crate::{
    app::App,
    config::HELLO_PATH,
    faults::{self, Injected, InjectionLog, fault_list},
    inbound::Inbound,
    known_headers::KnownHeaders,
    metric_names::CANCELLED,
    net::ConnectionAbort,
    telemetry::{self, ActiveRequest, RequestResult, ServerLabels, milliseconds},
};

/// Target of the line of the log, which users name in `--log-filter`.
const LOG_TARGET: &str = "meshwalk_kit::observe";

/// A request whose response is not there yet. If this is dropped before [`Observation::end`], the client has gone away.
pub(crate) struct Observation {
    pub(crate) inbound: Arc<Inbound>,
    /// What is injected, also into a request that the client gives up. `None` for a request out of the faults' reach.
    injection_log: Option<InjectionLog>,
    labels: ServerLabels,
    target: ObservedTarget,
    _active: ActiveRequest,
    ended: bool,
}

/// What a request is about.
pub(crate) enum ObservedTarget {
    /// [`HELLO_PATH`]
    Hello,
    /// A path as it came, and the template of its route.
    Other { path: String, route: Option<MatchedPath> },
}

impl ObservedTarget {
    fn path(&self) -> &str {
        match self {
            Self::Hello => HELLO_PATH,
            Self::Other { path, .. } => path,
        }
    }

    fn route(&self) -> Option<&str> {
        match self {
            Self::Hello => Some(HELLO_PATH),
            Self::Other { route, .. } => route.as_ref().map(MatchedPath::as_str),
        }
    }
}

impl Observation {
    pub(crate) fn begin(app: &App, head: &request::Parts, known: &KnownHeaders<'_>, target: ObservedTarget) -> Self {
        let inbound = Arc::new(Inbound::new(&app.traces, &app.forward, app.trust_xfcc, head, known, target.route()));
        app.attempts.count(inbound.attempt, inbound.request_id.as_deref());
        if app.is_ending() {
            telemetry::request_after_signal();
        }
        let labels = ServerLabels {
            method: telemetry::method_label(&head.method),
            scheme: telemetry::url_scheme(known, &head.uri),
            version: head.version,
        };
        let _active = ActiveRequest::begin(labels);
        Self { inbound, injection_log: None, labels, target, _active, ended: false }
    }

    /// Reports what this injection_log has at the request's end.
    pub(crate) fn with_injection_log(mut self, injection_log: InjectionLog) -> Self {
        self.injection_log = Some(injection_log);
        self
    }

    /// Reports a request that ended at `now` with this response.
    pub(crate) fn end(mut self, response: &Response, now: Instant) {
        self.ended = true;
        let result = match response.extensions().get::<ConnectionAbort>() {
            None => Ok(response.status()),
            Some(abort) => Err(abort.as_str()),
        };
        self.report(result, now);
    }

    fn report(&self, result: RequestResult, now: Instant) {
        let injected = self.injection_log.as_ref().map_or_else(Injected::default, InjectionLog::injected);
        let inbound = &*self.inbound;
        let took = now.saturating_duration_since(inbound.arrived);
        telemetry::server_request(self.labels, self.target.route(), result, took, now, inbound.exemplar());
        faults::record_in_span(inbound.span.as_span(), &injected.faults);
        telemetry::server_outcome(&inbound.span, result, inbound.attempt);
        tracing::info!(
            target: LOG_TARGET,
            method = self.labels.method,
            path = self.target.path(),
            status = result.ok().map(|status| status.as_u16()),
            took_ms = milliseconds(took),
            attempt = inbound.attempt,
            peer = inbound.peer,
            request_id = inbound.request_id,
            trace_id = inbound.trace_id(),
            span_id = inbound.span_id(),
            error = result.err(),
            failed = inbound.failed(),
            faults = fault_list(&injected.faults),
            capped = injected.faults.iter().any(|fault| fault.capped).then_some(true),
            "{}",
            match result {
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
            self.report(Err(CANCELLED), Instant::now());
        }
    }
}
