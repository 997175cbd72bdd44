//! Calling upstreams.

mod call_record;
mod connector;
mod failure;
mod limited_stream;
mod trouble;

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::Either;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{
    client::legacy::Client as Pool,
    rt::{TokioExecutor, TokioTimer},
};
use opentelemetry::trace::SpanContext;

use crate::{
    config::{Upstream, Upstreams},
    faults::{CallFaults, Outcome},
    hello::{Called, Failure, FailureKind, read_hop},
    inbound::{HOPS, Inbound},
    observe::{fault_list, millis},
    telemetry::Traces,
};
use call_record::CallRecord;
use connector::Connector;
use trouble::{Trouble, Troubles};

/// The largest answer that is read. A call tree of a thousand hops is smaller.
const LARGEST_ANSWER: usize = 4 << 20;

/// How long a connection may wait for its next call. Shorter than the hour that Envoy allows, so that the one who closes
/// is the one who would send.
const IDLE: Duration = Duration::from_secs(60);

/// Calls upstreams.
#[derive(Debug)]
pub(crate) struct Client {
    pool: Pool<Connector, Empty<Bytes>>,
    timeout: Duration,
    traces: Traces,
    troubles: Troubles,
}

impl Client {
    /// A client with at most `connections` connections.
    pub(crate) fn new(upstreams: &Upstreams, connections: usize, traces: Traces) -> Self {
        let mut builder = Pool::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        // Idle connections to some upstreams never take all the places of the others.
        builder.pool_max_idle_per_host(connections / (upstreams.list().count() + 1));
        if !upstreams.upstream_keep_alive {
            builder.pool_max_idle_per_host(0);
        }
        let connector = Connector::new(upstreams.connects(), upstreams.source_address, connections);
        Self {
            pool: builder.build(connector),
            timeout: upstreams.upstream_timeout,
            traces,
            troubles: Troubles::default(),
        }
    }

    /// Calls an upstream, whatever comes of it.
    pub(crate) async fn call<'a>(
        &self,
        upstream: &'a Upstream,
        inbound: &Inbound,
        injected: Option<CallFaults>,
    ) -> Called<'a> {
        let faults = injected.as_ref().map(|injected| injected.faults.clone()).unwrap_or_default();
        let record = CallRecord::new(upstream, inbound, &faults, &self.traces);
        let (start, own) = (record.start(), record.span_context().cloned());
        let drop_headers = injected.as_ref().is_some_and(|injected| injected.drop_headers);
        let request = request(upstream, inbound, own.as_ref(), drop_headers);
        let exchange = match injected {
            None => Either::Left(self.exchange(request)),
            Some(injected) => Either::Right(injected.around(self.exchange(request))),
        };
        let answer = match tokio::time::timeout(self.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure {
                kind: FailureKind::Timeout,
                detail: format!("no whole answer within {:?} (--upstream-timeout)", self.timeout),
            }),
        };
        // The call ends here; what follows is the own work.
        record.end(answer.as_ref().map(|(status, _)| *status).map_err(|failure| failure.kind.as_str()));
        let called = called(upstream, answer, millis(start));
        if let Some(Failure { kind, detail }) = &called.error {
            let (name, status) = (upstream.name.clone(), called.status);
            let trouble = Trouble { upstream: name, kind: *kind, status, injected: !faults.is_empty() };
            inbound.note_failed(trouble.in_short());
            if self.troubles.begins(trouble) {
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

    async fn exchange(&self, request: Request<Empty<Bytes>>) -> Outcome {
        let response = self.pool.request(request).await.map_err(|error| failure::classify(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| failure::classify(error.as_ref()))?;
        Ok((status, body.to_bytes()))
    }
}

fn request(
    upstream: &Upstream,
    inbound: &Inbound,
    own: Option<&SpanContext>,
    drop_headers: bool,
) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = upstream.url.clone();
    let headers = request.headers_mut();
    *headers = if drop_headers { inbound.onward.without_context() } else { inbound.onward.headers(own) };
    headers.insert(HOPS, (inbound.hops.saturating_add(1)).into());
    headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    if !headers.contains_key(header::USER_AGENT) {
        let agent = concat!("meshwalk/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, header::HeaderValue::from_static(agent));
    }
    request
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
