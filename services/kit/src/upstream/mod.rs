//! Calling upstreams.

mod call_record;
mod connection_limit;
mod connector;
mod error_throttle;
mod failure;
mod hop_json;
mod pool;
mod target;
#[cfg(test)]
mod tests;

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::Either;
use http::{Request, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use opentelemetry::trace::SpanContext;

use crate::{
    call_failure::{Failure, FailureKind},
    config::{Upstream, Upstreams},
    faults::{CallFaults, Effect, Outcome, fault_list},
    inbound::Inbound,
    known_headers::HOPS,
    telemetry::{Traces, milliseconds},
};
use call_record::CallRecord;
use connection_limit::{ConnectionLimit, LimitWait};
use connector::Connector;
use error_throttle::{ErrorThrottle, UpstreamError};
pub(crate) use hop_json::{Called, HopJson, read_hop};
use pool::{Pool, Reply};
pub(crate) use target::Target;

/// The largest answer that is read. A call tree of a thousand hops is smaller.
const LARGEST_ANSWER: usize = 4 << 20;

/// How long a connection may wait for its next call. Shorter than the hour that Envoy allows, so that the one who closes
/// is the one who would send.
const IDLE: Duration = Duration::from_secs(60);

/// Calls upstreams.
#[derive(Debug)]
pub(crate) struct Client {
    targets: Vec<Target>,
    limit: ConnectionLimit,
    timeout: Duration,
    traces: Traces,
    throttle: ErrorThrottle,
}

impl Client {
    /// A client with at most `connections` connections.
    pub(crate) fn new(upstreams: &Upstreams, connections: usize, traces: Traces) -> Self {
        let limit = ConnectionLimit::new(connections);
        let connects = Arc::new(upstreams.connects());
        // Idle connections to some upstreams never take all the places of the others.
        let max_idle = connections / (upstreams.list().count() + 1);
        let max_idle = if upstreams.upstream_keep_alive { max_idle } else { 0 };
        let target = |upstream: &Upstream| {
            let connector = Connector::new(Arc::clone(&connects), upstreams.source_address, &upstream.url);
            Target::new(upstream.clone(), Pool::new(connector, limit.clone(), max_idle, IDLE))
        };
        let targets = upstreams.list().map(target).collect();
        Self { targets, limit, timeout: upstreams.upstream_timeout, traces, throttle: ErrorThrottle::default() }
    }

    /// The upstreams, in the order of the flags.
    pub(crate) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Calls an upstream, whatever comes of it.
    pub(crate) async fn call<'a>(
        &self,
        target: &'a Target,
        inbound: &Inbound,
        injected: Option<CallFaults>,
    ) -> Called<'a> {
        let upstream = &target.upstream;
        let faults = injected.as_ref().map(|injected| injected.faults.clone()).unwrap_or_default();
        let record = CallRecord::new(upstream, inbound, &faults, &self.traces);
        let (start, own) = (record.start(), record.span_context().cloned());
        let drop_headers = injected.as_ref().is_some_and(|injected| injected.has(Effect::DropHeaders));
        let request = request(target, inbound, own.as_ref(), drop_headers);
        let answer = self.send(target, request, injected).await;
        // The call ends here; what follows is the own work.
        record.end(answer.as_ref().map(|(status, _)| *status).map_err(|failure| failure.kind.as_str()));
        let called = called(upstream, answer, milliseconds(start.elapsed()));
        if let Some(Failure { kind, detail }) = &called.error {
            let (name, status) = (upstream.name.clone(), called.status);
            let error = UpstreamError { upstream: name, kind: *kind, status, injected: !faults.is_empty() };
            inbound.note_failed(error.summary());
            if self.throttle.is_new(error) {
                tracing::warn!(
                    upstream = upstream.name,
                    url = %upstream.url,
                    status,
                    error = kind.as_str(),
                    detail,
                    faults = fault_list(&faults),
                    request_id = inbound.request_id,
                    trace_id = inbound.trace_id(),
                    span_id = own.as_ref().map(|own| own.span_id().to_string()),
                    "upstream failed"
                );
            }
        }
        called
    }

    /// Sends a request with the faults of the call, and reads the response within the timeout.
    async fn send(&self, target: &Target, request: Request<Empty<Bytes>>, injected: Option<CallFaults>) -> Outcome {
        let wait = LimitWait::default();
        let exchange = exchange(target, request, &wait);
        let exchange = match injected {
            None => Either::Left(exchange),
            Some(injected) => Either::Right(injected.around(exchange)),
        };
        if let Ok(outcome) = tokio::time::timeout(self.timeout, exchange).await {
            return outcome;
        }
        let mut detail = format!("no whole answer within {:?} (--upstream-timeout)", self.timeout);
        if wait.is_waiting() {
            self.limit.record_rejection();
            detail = format!("{detail}; the call was not sent: {}", self.limit.detail());
        }
        Err(Failure { kind: FailureKind::Timeout, detail })
    }
}

async fn exchange(target: &Target, request: Request<Empty<Bytes>>, wait: &LimitWait) -> Outcome {
    let Reply { response, sender } = target.pool.send(request, wait).await?;
    let status = response.status();
    let body = read_body(response.into_body()).await.map_err(|error| failure::of_exchange(error.as_ref()))?;
    target.pool.put_back(sender);
    Ok((status, body))
}

/// Reads a body up to [`LARGEST_ANSWER`]. A body in one frame, the usual case, is neither copied nor collected.
async fn read_body(body: Incoming) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
    let mut body = Limited::new(body, LARGEST_ANSWER);
    let Some(frame) = body.frame().await else { return Ok(Bytes::new()) };
    let first = frame?.into_data().unwrap_or_default();
    if body.is_end_stream() {
        return Ok(first);
    }
    let rest = body.collect().await?.to_bytes();
    Ok(if rest.is_empty() { first } else { [first, rest].concat().into() })
}

fn request(target: &Target, inbound: &Inbound, own: Option<&SpanContext>, drop_headers: bool) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = target.path.clone();
    let headers = request.headers_mut();
    *headers = if drop_headers { inbound.onward.without_context() } else { inbound.onward.headers(own) };
    headers.insert(HOPS, hops_value(inbound.hops.saturating_add(1)));
    headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    if !headers.contains_key(header::USER_AGENT) {
        let agent = concat!("meshwalk/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, header::HeaderValue::from_static(agent));
    }
    if !headers.contains_key(header::HOST) {
        headers.insert(header::HOST, target.host.clone());
    }
    request
}

/// Value of [`HOPS`], without an allocation for the usual numbers.
fn hops_value(hops: u32) -> header::HeaderValue {
    match hops {
        1 => header::HeaderValue::from_static("1"),
        2 => header::HeaderValue::from_static("2"),
        3 => header::HeaderValue::from_static("3"),
        hops => hops.into(),
    }
}

fn called(upstream: &Upstream, answer: Result<(StatusCode, Bytes), Failure>, took_ms: f64) -> Called<'_> {
    let name = &upstream.name;
    match answer {
        Ok((status, body)) => {
            let hop = read_hop(&body);
            let failed = status.is_client_error() || status.is_server_error();
            let error = failed.then(|| failure::of_status(status, hop.is_none().then_some(&body)));
            Called { name, status: status.as_u16(), took_ms, error, hop }
        }
        Err(error) => {
            let status = if error.kind == FailureKind::Timeout { 504 } else { 502 };
            Called { name, status, took_ms, error: Some(error), hop: None }
        }
    }
}
