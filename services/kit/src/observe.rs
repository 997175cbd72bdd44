//! What every request of the application port goes through first: its context is read, and its end is told to the span,
//! the metrics and the log.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use http::{HeaderValue, Version, header, request};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::{
    app::App,
    faults::{InjectedFault, Ledger},
    host_check,
    inbound::Inbound,
    net::NoAnswer,
    telemetry::{self, ActiveRequest, CANCELLED, RequestResult, ServerLabels},
};

/// Observes each request of the router that it is laid around.
///
/// A layer of its own rather than a middleware function, which would allocate its future and a copy of the router for
/// each request.
#[derive(Debug, Clone)]
pub(crate) struct Observe(pub(crate) Arc<App>);

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { inner, app: Arc::clone(&self.0) }
    }
}

/// Service of [`Observe`].
#[derive(Debug, Clone)]
pub(crate) struct Observed<S> {
    inner: S,
    app: Arc<App>,
}

impl<S> Service<Request> for Observed<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ObservedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> ObservedFuture<S::Future> {
        let app = &self.app;
        let (mut parts, body) = request.into_parts();
        let observation = Observation::begin(app, &parts);
        let version = parts.version;
        let (inner, rejected) = match host_check::check(&parts) {
            Ok(()) => {
                parts.extensions.insert(Arc::clone(&observation.inbound));
                parts.extensions.insert(observation.ledger.clone());
                (Some(self.inner.call(Request::from_parts(parts, body))), None)
            }
            Err(error) => (None, Some(host_check::reject(error, &parts, body))),
        };
        ObservedFuture { inner, rejected, observation: Some(observation), version, app: Arc::clone(app) }
    }
}

pin_project! {
    /// Response future of [`Observed`].
    pub(crate) struct ObservedFuture<F> {
        #[pin]
        inner: Option<F>,
        // The response in place of the inner one.
        rejected: Option<Response>,
        observation: Option<Observation>,
        version: Version,
        app: Arc<App>,
    }
}

impl<F> Future for ObservedFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match (this.rejected.take(), this.inner.as_pin_mut()) {
            (Some(rejected), _) => rejected,
            (None, Some(inner)) => ready!(inner.poll(cx))?,
            // Polled again after its end, which no caller may do.
            (None, None) => return Poll::Pending,
        };
        finish(this.app, *this.version, &mut response);
        if let Some(observation) = this.observation.take() {
            observation.end(&response);
        }
        Poll::Ready(Ok(response))
    }
}

/// Adds the headers that every response has.
fn finish(app: &App, version: Version, response: &mut Response) {
    let headers = response.headers_mut();
    headers.reserve(app.identity_headers.len());
    for (name, value) in &app.identity_headers {
        headers.insert(name.clone(), value.clone());
    }
    if app.is_ending() && version < Version::HTTP_2 {
        // The client opens its next connection to another instance. HTTP/2 says the same when the port closes.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
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
    fn begin(app: &App, parts: &request::Parts) -> Self {
        let route = parts.extensions.get::<MatchedPath>().cloned();
        let inbound = Arc::new(Inbound::new(app, parts, route.as_ref().map(MatchedPath::as_str)));
        app.attempts.count(inbound.attempt, inbound.request_id.as_deref());
        if app.is_ending() {
            telemetry::request_after_signal();
        }
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
