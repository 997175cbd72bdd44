//! Records each call to an upstream in its span and in the metrics, also a call that is cancelled.

use std::time::Instant;

use http::Method;
use opentelemetry::trace::SpanContext;

use crate::{
    config::Upstream,
    faults::{self, InjectedFault},
    inbound::Inbound,
    metric_names::CANCELLED,
    propagation::HexId,
    telemetry::{self, OwnSpan, RequestResult, TraceRef, Traces},
};

/// A call in progress. If the value is dropped before [`Self::end`], the caller has cancelled the call.
pub(super) struct CallRecord<'a> {
    upstream: &'a Upstream,
    inbound: &'a Inbound,
    faults: &'a [InjectedFault],
    start: Instant,
    span: OwnSpan,
    has_ended: bool,
}

impl<'a> CallRecord<'a> {
    /// Starts the span of a call. `faults` are the faults that are injected into the call.
    pub(super) fn new(
        upstream: &'a Upstream,
        inbound: &'a Inbound,
        faults: &'a [InjectedFault],
        traces: &Traces,
    ) -> Self {
        let start = Instant::now();
        let span = traces.client_span(&inbound.span, &Method::GET, &upstream.name, &upstream.url);
        Self { upstream, inbound, faults, start, span, has_ended: false }
    }

    /// Time at which the call started.
    pub(super) fn start(&self) -> Instant {
        self.start
    }

    /// Context of the span, if there is one.
    pub(super) fn span_context(&self) -> Option<&SpanContext> {
        self.span.context()
    }

    /// Ends the span, and records the call with this result.
    pub(super) fn end(mut self, result: RequestResult) {
        self.has_ended = true;
        self.record(result);
    }

    fn record(&self, result: RequestResult) {
        faults::record_in_span(self.span.as_span(), self.faults);
        telemetry::client_outcome(&self.span, result);
        let span_id = self.span_context().map(|own| HexId::from(own.span_id()));
        let span_id = span_id.as_ref().map(HexId::as_str);
        let exemplar = self.inbound.exemplar().map(|trace| TraceRef { span_id, ..trace });
        telemetry::client_request(&self.upstream.url, result, self.start, exemplar);
    }
}

impl Drop for CallRecord<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.record(Err(CANCELLED));
        }
    }
}
