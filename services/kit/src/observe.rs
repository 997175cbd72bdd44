//! First layer of the application port: it reads the context of every request, and reports the end to the
//! span, the metrics and the log.

mod observation;

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
use http::{HeaderMap, HeaderValue, Version, header};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

pub(crate) use observation::{Observation, ObservedTarget};

use crate::{app::App, faults::InjectionLog, host_check, known_headers::KnownHeaders};

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
        let target = ObservedTarget::Other {
            path: parts.uri.path().to_owned(),
            route: parts.extensions.get::<MatchedPath>().cloned(),
        };
        let injection_log = InjectionLog::default();
        let known = KnownHeaders::read(&parts.headers);
        let observation = Observation::begin(app, &parts, &known, target).with_injection_log(injection_log.clone());
        let version = parts.version;
        let (inner, rejected) = match host_check::check(&parts) {
            Ok(()) => {
                parts.extensions.insert(Arc::clone(&observation.inbound));
                parts.extensions.insert(injection_log);
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
            observation.end(&response, Instant::now());
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
    close_at_end(app, version, headers);
}

/// Asks an HTTP/1 client to close its connection, if the application is ending.
pub(crate) fn close_at_end(app: &App, version: Version, headers: &mut HeaderMap) {
    if app.is_ending() && version < Version::HTTP_2 {
        // The client opens its next connection to another instance. HTTP/2 says the same when the port closes.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}
