//! `/api/hello`: the own hop and, inside of it, those of the upstreams.

mod tree;

use std::{collections::BTreeMap, sync::Arc};

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

pub use tree::{Called, Failure, FailureKind, Hop, Trace};

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
    (status, Json(hop(&app, &inbound, &ledger.injected(), status, degraded, upstreams))).into_response()
}

/// Calls all upstreams at once; the results are in the order of the flags.
async fn call_all(app: &App, inbound: &Inbound, calls: Option<&Arc<Calls>>) -> Vec<Called> {
    let call = |upstream| app.client.call(upstream, inbound, calls.map(|calls| calls.to(&upstream.name)));
    join_all(app.upstreams.iter().map(call)).await
}

/// The status of the first upstream, in the order of the flags, that failed.
fn status(upstreams: &[Called]) -> StatusCode {
    let failed = upstreams.iter().find(|called| called.error.is_some());
    failed.map_or(StatusCode::OK, |called| StatusCode::from_u16(called.status).unwrap_or(StatusCode::BAD_GATEWAY))
}

fn hop(
    app: &App,
    inbound: &Inbound,
    injected: &Injected,
    status: StatusCode,
    degraded: bool,
    upstreams: Vec<Called>,
) -> Hop {
    let identity = &app.identity;
    let release: Release = identity.release;
    let received = inbound.onward.received();
    let message = if status == StatusCode::LOOP_DETECTED && injected.status.is_none() {
        format!("this request has come through {} services; --hop-limit ends it here", inbound.hops)
    } else if degraded {
        format!("{}, without those that it calls", release.message(&identity.service))
    } else {
        release.message(&identity.service)
    };
    Hop {
        service: identity.service.clone(),
        version: release.as_str().to_owned(),
        instance: identity.instance.clone(),
        namespace: identity.namespace.clone(),
        message,
        color: release.color().to_owned(),
        feature: release.feature().map(str::to_owned),
        peer: inbound.peer.clone(),
        trace: Trace {
            id: inbound.trace_id.clone(),
            sampled: inbound.sampled(),
            families: received.families(),
            agree: received.agree(),
        },
        attempt: inbound.attempt,
        faults: injected.faults.iter().filter_map(|fault| serde_json::to_value(fault).ok()).collect(),
        took_ms: millis(inbound.arrived),
        status: status.as_u16(),
        degraded,
        upstreams,
        more: BTreeMap::new(),
    }
}
