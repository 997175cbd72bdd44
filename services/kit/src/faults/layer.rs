//! The layer around the application.

#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::future::{BoxFuture, Either, FutureExt};
use http::{HeaderValue, StatusCode, Version, header};
use serde_json::json;
use tower::{Layer, Service};

use super::{
    Calls, INJECT_HEADER, Injected, InjectionLog, Registry,
    modes::Effect,
    plan::{Injection, PlannedFault, Verdict},
    request_view::{OwnedRequest, RequestView},
    shaped::{FlushTracker, Shaped},
};
use crate::net::{ConnHandle, ConnectionAbort};

/// Injects faults into the requests of the router it is laid around.
#[derive(Debug, Clone)]
pub struct FaultLayer {
    registry: Registry,
    handed_over: Arc<[&'static str]>,
}

impl FaultLayer {
    /// A layer that injects the registry's rules.
    pub fn new(registry: Registry) -> Self {
        Self { registry, handed_over: Arc::new([]) }
    }

    /// Names a path (exact) whose handler answers with a demanded status itself, by the [`InjectionLog`] in its request. If it
    /// does not, the layer does.
    #[must_use]
    pub fn hand_over(mut self, path: &'static str) -> Self {
        self.handed_over = self.handed_over.iter().copied().chain([path]).collect();
        self
    }
}

impl<S> Layer<S> for FaultLayer {
    type Service = Faulty<S>;

    fn layer(&self, inner: S) -> Faulty<S> {
        Faulty { inner, layer: self.clone() }
    }
}

/// A service with faults.
#[derive(Debug, Clone)]
pub struct Faulty<S> {
    inner: S,
    layer: FaultLayer,
}

impl<S> Service<Request> for Faulty<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let asks = request.headers().contains_key(INJECT_HEADER);
        if !asks && self.layer.registry.is_quiet() {
            return Either::Left(self.inner.call(request));
        }
        let next = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, next);
        Either::Right(inject(self.layer.clone(), ready, request, asks).boxed())
    }
}

async fn inject<S>(layer: FaultLayer, mut inner: S, mut request: Request, asks: bool) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let mut inline_rules = None;
    let refused = if asks { layer.registry.trust().refuses(RequestView::new(&request).caller) } else { None };
    if asks && refused.is_none() {
        match layer.registry.inline_rules(request.headers()) {
            Ok(rules) => inline_rules = Some(rules),
            Err(error) => return Ok(refuse(&error)),
        }
    }
    let rules = inline_rules.as_deref().unwrap_or_default();
    let plan = layer.registry.plan(RequestView::new(&request), rules);
    let log = request.extensions().get::<InjectionLog>().cloned().unwrap_or_default();
    let call_effects: Vec<Effect> = plan.call_effects().collect();
    if !call_effects.is_empty() || layer.registry.is_about_calls(rules) {
        let owned = OwnedRequest::new(RequestView::new(&request));
        let calls = Calls::new(layer.registry.clone(), inline_rules, owned, log.clone(), call_effects);
        request.extensions_mut().insert(Arc::new(calls));
    }
    let mut response = if plan.is_empty() {
        inner.call(request).await?
    } else {
        tracing::debug!(faults = %plan.injected, "injecting");
        request.extensions_mut().insert(log.clone());
        let injection = plan.start(layer.registry.clone(), log.clone());
        handle(injection, &log, &layer, &mut inner, request).await?
    };
    let injected = log.injected();
    if !injected.faults.is_empty() {
        injected.write_header(response.headers_mut());
    }
    if let Some(why) = refused {
        // Tell the caller that its rules were ignored, so results are not misread.
        response.headers_mut().insert(INJECT_HEADER, HeaderValue::from_static(why));
    }
    Ok(response)
}

/// Handles a request with its faults.
async fn handle<S>(
    mut injection: Injection,
    log: &InjectionLog,
    layer: &FaultLayer,
    inner: &mut S,
    request: Request,
) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let (version, wire) = (request.version(), request.extensions().get::<ConnHandle>().cloned());
    let response = match injection.begin().await {
        Verdict::Proceed => inner.call(request).await?,
        Verdict::Answer { status, retry_after } => {
            let mut response = if layer.handed_over.contains(&request.uri().path()) {
                inner.call(request).await?
            } else {
                error_answer(status, &log.injected())
            };
            if response.status() != status {
                response = error_answer(status, &log.injected());
            }
            response.headers_mut().extend(retry_after.map(|time| (header::RETRY_AFTER, seconds(time))));
            response
        }
        Verdict::Reset => return Ok(ConnectionAbort::Reset.into_response()),
        Verdict::Close => return Ok(ConnectionAbort::Close.into_response()),
    };
    let faults = injection.finish().await;
    Ok(shape(response, faults, wire, version, layer.registry.limits().hang).await)
}

/// Applies faults to a response.
async fn shape(
    response: Response,
    faults: Vec<PlannedFault>,
    wire: Option<ConnHandle>,
    version: Version,
    longest: Duration,
) -> Response {
    if faults.is_empty() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    if faults.iter().any(|fault| fault.effect == Effect::Close) {
        match &wire {
            Some(wire) if version >= Version::HTTP_2 => wire.close_after_answers(),
            _ => drop(parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"))),
        }
    }
    // The application makes its bodies in memory, so reading one does not fail, and takes no time.
    let content = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    // The HTTP library declares the length that the body says it has.
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::new(Shaped::new(content, faults, FlushTracker::new(wire, version), longest)))
}

/// Rounds a time up to the whole seconds of `Retry-After`.
fn seconds(time: Duration) -> HeaderValue {
    HeaderValue::from(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

fn error_answer(status: StatusCode, injected: &Injected) -> Response {
    let text = format!("injected fault: {}", status.canonical_reason().unwrap_or("error"));
    (status, Json(json!({"status": status.as_u16(), "error": text, "faults": injected.faults}))).into_response()
}

/// Rejects a request whose inline rules are invalid: a success would look like one that survived the fault.
fn refuse(error: &super::registry::InjectError) -> Response {
    let text = format!("{INJECT_HEADER}: {error}");
    (StatusCode::BAD_REQUEST, Json(json!({"status": 400, "error": text}))).into_response()
}
