//! `/api/hello`: the own hop and, inside of it, those of the upstreams.

mod direct;
mod hop;

use std::{sync::Arc, time::Instant};

use axum::{Extension, body::Body, extract::State, http::StatusCode, response::Response};
use futures_util::future::join_all;

use crate::{
    app::App,
    config::OnUpstreamError,
    faults::{Calls, Injected, InjectionLog},
    hop_start::HopStart,
    inbound::Inbound,
    telemetry::milliseconds,
    upstream::{Called, Target},
};

pub(crate) use direct::DirectHello;
use hop::Hop;

/// Answers with the call tree. An injected error is answered without a call to an upstream.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Extension(inbound): Extension<Arc<Inbound>>,
    Extension(injection_log): Extension<InjectionLog>,
    calls: Option<Extension<Arc<Calls>>>,
) -> Response {
    let (status, upstreams) = match injection_log.injected().status {
        Some(status) => (status, Vec::new()),
        None => call_all(&app, &inbound, calls.as_deref()).await,
    };
    respond(&app, &inbound, &injection_log.injected(), status, &upstreams, Instant::now())
}

/// Calls all upstreams at once. Returns the status of the answer, and the results in the order of the flags.
async fn call_all<'a>(app: &'a App, inbound: &Inbound, calls: Option<&Arc<Calls>>) -> (StatusCode, Vec<Called<'a>>) {
    let targets = app.client.targets();
    if targets.is_empty() {
        return (StatusCode::OK, Vec::new());
    }
    if inbound.hops >= app.hop_limit {
        return (StatusCode::LOOP_DETECTED, Vec::new());
    }
    let call =
        |target: &'a Target| app.client.call(target, inbound, calls.map(|calls| calls.to(&target.upstream.name)));
    let called = match targets {
        // One call needs no set of futures.
        [target] => vec![call(target).await],
        targets => join_all(targets.iter().map(call)).await,
    };
    (status(&called), called)
}

/// The status of the first upstream, in the order of the flags, that failed.
fn status(upstreams: &[Called<'_>]) -> StatusCode {
    let failed = upstreams.iter().find(|called| called.error.is_some());
    failed.map_or(StatusCode::OK, |called| StatusCode::from_u16(called.status).unwrap_or(StatusCode::BAD_GATEWAY))
}

/// The response to a request that took until `now`, with the identity headers.
fn respond(
    app: &App,
    inbound: &Inbound,
    injected: &Injected,
    status: StatusCode,
    upstreams: &[Called<'_>],
    now: Instant,
) -> Response {
    let degraded = !upstreams.is_empty() && status.as_u16() >= 400 && app.on_upstream_error == OnUpstreamError::Degrade;
    let status = if degraded { StatusCode::OK } else { status };
    let unusual = unusual_message(app, inbound, injected, status, degraded);
    let unusual = unusual.map(|message| HopStart::new(&app.identity, &message));
    let received = inbound.onward.received();
    let hop = Hop {
        start: unusual.as_ref().unwrap_or(&app.hello_start),
        peer: inbound.peer.as_deref(),
        trace_id: inbound.trace_id(),
        sampled: inbound.sampled(),
        families: received.families(),
        agree: received.agree(),
        attempt: inbound.attempt,
        faults: &injected.faults,
        took_ms: milliseconds(now.saturating_duration_since(inbound.arrived)),
        status: status.as_u16(),
        degraded,
        upstreams,
    };
    let mut response = Response::new(Body::from(hop.to_json()));
    *response.status_mut() = status;
    // A copy of the whole map costs less than its insertions.
    *response.headers_mut() = app.hello_headers.clone();
    response
}

/// What the service says in place of its usual message.
fn unusual_message(
    app: &App,
    inbound: &Inbound,
    injected: &Injected,
    status: StatusCode,
    degraded: bool,
) -> Option<String> {
    if status == StatusCode::LOOP_DETECTED && injected.status.is_none() {
        Some(format!("this request has come through {} services; --hop-limit ends it here", inbound.hops))
    } else if degraded {
        Some(format!("{}, without those that it calls", app.message))
    } else {
        None
    }
}
