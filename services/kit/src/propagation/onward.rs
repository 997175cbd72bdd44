//! The headers that travel on to the upstreams.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::SpanContext;

use super::{
    Family, REQUEST_ID, Received, b3,
    baggage::{self, BAGGAGE},
    family::is_trace_header,
    tracestate::TRACESTATE,
    w3c,
};
use crate::limits::{Action, Limit};

/// The headers of one request that travel on. Made once per request, written once per upstream.
#[derive(Debug, Clone)]
pub struct Onward {
    received: Received,
    /// The trace headers, byte by byte.
    trace: HeaderMap,
    /// Everything else that travels on.
    others: HeaderMap,
}

impl Onward {
    /// Takes what travels on from a request's headers: the trace, baggage, the request id, and the headers of the list.
    ///
    /// Records a limit if baggage is too large. Must then run on a tokio runtime.
    pub fn new(received: Received, headers: &HeaderMap, list: &[HeaderName]) -> Self {
        let (mut trace, mut others) = (HeaderMap::new(), HeaderMap::new());
        // One pass over the headers, because a request has few of them and each search costs a hash.
        for (name, value) in headers {
            // A trace header in the list travels on by its own rules already.
            if is_trace_header(name) {
                trace.append(name, value.clone());
            } else if *name == REQUEST_ID || *name == BAGGAGE || list.contains(name) {
                others.append(name, value.clone());
            }
        }
        if others.contains_key(&BAGGAGE)
            && let Some(reduced) = baggage::reduce(headers)
        {
            others.remove(BAGGAGE);
            others.extend(reduced.value.map(|value| (BAGGAGE, value)));
            if reduced.above_limits {
                Limit::BAGGAGE.record(Action::Reduced, "W3C Baggage: 64 members and 8192 bytes");
            }
        }
        Self { received, trace, others }
    }

    /// What the request said about its trace.
    pub fn received(&self) -> &Received {
        &self.received
    }

    /// The headers for one upstream. With an own span, the trace headers are written from it, in every family that came
    /// in and in W3C always; without one, they go on as they came.
    pub fn headers(&self, own: Option<&SpanContext>) -> HeaderMap {
        let mut headers = self.others.clone();
        match own {
            Some(span) => self.write(span, &mut headers),
            None => headers.extend(self.trace.clone()),
        }
        headers
    }

    /// The headers for one upstream of an application that forgets what came in: neither the trace, nor baggage, nor the
    /// request id.
    pub fn without_context(&self) -> HeaderMap {
        let mut headers = self.others.clone();
        headers.remove(REQUEST_ID);
        headers.remove(BAGGAGE);
        headers
    }

    fn write(&self, span: &SpanContext, headers: &mut HeaderMap) {
        let trace = span.trace_id();
        put(headers, w3c::TRACEPARENT, w3c::write(span, self.received.is_random(trace)));
        if let Some(state) = self.received.tracestate_of(trace) {
            headers.insert(TRACESTATE, state.clone());
        }
        if let Some(came) = self.received.reading(Family::B3) {
            put(headers, b3::SINGLE, b3::write_single(span, came));
        }
        if let Some(came) = self.received.reading(Family::B3Multi) {
            for (name, value) in b3::write_multi(span, came) {
                put(headers, name, value);
            }
        }
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: String) {
    // Ids are printable by construction.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
