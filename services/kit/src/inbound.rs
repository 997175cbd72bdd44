//! What a request says about where it comes from, and which of its calls failed.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use http::{HeaderName, request};

use crate::{
    known_headers::{Known, KnownHeaders},
    peer,
    propagation::{Decision, HexId, Onward, Received},
    telemetry::{OwnSpan, TraceRef, Traces},
};

/// What a request says about where it comes from. In its extensions.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) arrived: Instant,
    /// What travels on to the upstreams.
    pub(crate) onward: Onward,
    /// The own span.
    pub(crate) span: OwnSpan,
    /// The caller's identity, where a sidecar vouches for it.
    pub(crate) peer: Option<String>,
    /// 1 for the first attempt.
    pub(crate) attempt: u32,
    /// How many services the request has come through.
    pub(crate) hops: u32,
    pub(crate) request_id: Option<String>,
    trace_id: Option<HexId<32>>,
    span_id: Option<HexId<16>>,
    /// Whether the trace is sampled: as the own span is, or else as the caller decided; false if neither decided.
    sampled: bool,
    /// The calls to upstreams that failed, in short.
    failed: Mutex<Vec<String>>,
}

impl Inbound {
    /// Reads a request and starts its span. `forward` are the headers that travel on besides those of the trace; a client
    /// certificate in the headers counts only with `trust_xfcc`.
    pub(crate) fn new(
        traces: &Traces,
        forward: &[HeaderName],
        trust_xfcc: bool,
        request: &request::Parts,
        known: &KnownHeaders<'_>,
        route: Option<&str>,
    ) -> Self {
        let headers = &request.headers;
        let received = Received::read(headers, &traces.order);
        let span = traces.server_span(request, route, received.parent());
        let own = span.context();
        let sampled = match own {
            Some(own) => own.is_sampled(),
            None => received.decision() == Decision::Sample,
        };
        Self {
            arrived: Instant::now(),
            sampled,
            peer: trust_xfcc.then(|| peer::identity(headers)).flatten(),
            attempt: known.number(Known::Attempt).unwrap_or(1).max(1),
            hops: known.number(Known::Hops).unwrap_or(0),
            request_id: known.text(Known::RequestId).map(str::to_owned),
            trace_id: own.map(|own| own.trace_id()).or_else(|| received.trace_id()).map(HexId::from),
            span_id: own.map(|own| own.span_id().into()),
            onward: Onward::new(received, headers, forward),
            failed: Mutex::default(),
            span,
        }
    }

    /// Trace id in hexadecimal digits: that of the own span, or else the caller's.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_ref().map(HexId::as_str)
    }

    /// Id of the own span in hexadecimal digits.
    pub(crate) fn span_id(&self) -> Option<&str> {
        self.span_id.as_ref().map(HexId::as_str)
    }

    /// Notes for the line of the log that a call failed: which, and how.
    pub(crate) fn note_failed(&self, call: String) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// The calls that failed, as in the line of the log; nothing if none did.
    pub(crate) fn failed(&self) -> Option<String> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        (!failed.is_empty()).then(|| failed.join(","))
    }

    /// Whether the trace is sampled: as the own span is, or else as the caller decided; false if neither decided.
    pub(crate) fn sampled(&self) -> bool {
        self.sampled
    }

    /// The trace and the own span for an exemplar; `None` if the trace is not sampled, because no collector has it.
    pub(crate) fn exemplar(&self) -> Option<TraceRef<'_>> {
        if !self.sampled {
            return None;
        }
        Some(TraceRef { trace_id: self.trace_id()?, span_id: self.span_id() })
    }
}
