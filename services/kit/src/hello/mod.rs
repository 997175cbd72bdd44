//! `/api/hello`: the own hop and, inside of it, those of the upstreams.

mod tree;

use std::{borrow::Cow, sync::Arc};

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::future::join_all;

use crate::{
    app::App,
    config::{OnUpstreamError, Release},
    faults::{Calls, Injected, Ledger},
    inbound::Inbound,
    observe::millis,
};

pub(crate) use tree::{Called, read_hop};
pub use tree::{Failure, FailureKind};
use tree::{Hop, Trace};

/// Answers with the call tree. An injected error is answered without calling anybody.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Extension(inbound): Extension<Arc<Inbound>>,
    Extension(ledger): Extension<Ledger>,
    calls: Option<Extension<Arc<Calls>>>,
) -> Response {
    let (status, upstreams) = match ledger.injected().status {
        Some(status) => (status, Vec::new()),
        None if inbound.hops >= app.hop_limit && !app.upstreams.is_empty() => (StatusCode::LOOP_DETECTED, Vec::new()),
        None => {
            let upstreams = call_all(&app, &inbound, calls.as_deref()).await;
            (status(&upstreams), upstreams)
        }
    };
    let degraded = !upstreams.is_empty() && status.as_u16() >= 400 && app.on_upstream_error == OnUpstreamError::Degrade;
    let status = if degraded { StatusCode::OK } else { status };
    let injected = ledger.injected();
    let message = message(&app, &inbound, &injected, status, degraded);
    let received = inbound.onward.received();
    let (identity, release): (_, Release) = (&app.identity, app.identity.release);
    let hop = Hop {
        service: &identity.service,
        version: release.as_str(),
        instance: &identity.instance,
        namespace: identity.namespace.as_deref(),
        message: &message,
        color: release.color(),
        feature: release.feature(),
        peer: inbound.peer.as_deref(),
        trace: Trace {
            id: inbound.trace_id.as_deref(),
            sampled: inbound.sampled(),
            families: received.families(),
            agree: received.agree(),
        },
        attempt: inbound.attempt,
        faults: &injected.faults,
        took_ms: millis(inbound.arrived),
        status: status.as_u16(),
        degraded,
        upstreams: &upstreams,
    };
    (status, Json(hop)).into_response()
}

/// Calls all upstreams at once; the results are in the order of the flags.
async fn call_all<'a>(app: &'a App, inbound: &Inbound, calls: Option<&Arc<Calls>>) -> Vec<Called<'a>> {
    if app.upstreams.is_empty() {
        return Vec::new();
    }
    let call = |upstream| app.client.call(upstream, inbound, calls.map(|calls| calls.to(&upstream.name)));
    join_all(app.upstreams.iter().map(call)).await
}

/// The status of the first upstream, in the order of the flags, that failed.
fn status(upstreams: &[Called<'_>]) -> StatusCode {
    let failed = upstreams.iter().find(|called| called.error.is_some());
    failed.map_or(StatusCode::OK, |called| StatusCode::from_u16(called.status).unwrap_or(StatusCode::BAD_GATEWAY))
}

/// What the service says.
fn message<'a>(
    app: &'a App,
    inbound: &Inbound,
    injected: &Injected,
    status: StatusCode,
    degraded: bool,
) -> Cow<'a, str> {
    if status == StatusCode::LOOP_DETECTED && injected.status.is_none() {
        Cow::Owned(format!("this request has come through {} services; --hop-limit ends it here", inbound.hops))
    } else if degraded {
        Cow::Owned(format!("{}, without those that it calls", app.message))
    } else {
        Cow::Borrowed(&app.message)
    }
}
