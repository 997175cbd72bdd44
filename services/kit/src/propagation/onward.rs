//! The headers that travel on to the upstreams.

use http::{HeaderMap, HeaderName, HeaderValue, header::Entry};
use opentelemetry::trace::SpanContext;

use super::{
    Family, REQUEST_ID, Received, b3,
    baggage::{self, BAGGAGE},
    tracestate::TRACESTATE,
    w3c,
};
use crate::limits::{Action, Limit};

/// All headers of the three families.
static TRACE_HEADERS: [HeaderName; 8] = [
    HeaderName::from_static(w3c::TRACEPARENT),
    HeaderName::from_static(TRACESTATE),
    HeaderName::from_static(b3::SINGLE),
    HeaderName::from_static(b3::TRACE_ID),
    HeaderName::from_static(b3::SPAN_ID),
    HeaderName::from_static(b3::PARENT_SPAN_ID),
    HeaderName::from_static(b3::SAMPLED),
    HeaderName::from_static(b3::FLAGS),
];

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
        let mut others = HeaderMap::new();
        for name in [&REQUEST_ID, &BAGGAGE].into_iter().chain(list) {
            // A trace header in the list travels on by its own rules already.
            if !TRACE_HEADERS.contains(name) {
                copy(name, headers, &mut others);
            }
        }
        if let Some(reduced) = baggage::reduce(headers) {
            others.remove(BAGGAGE);
            others.extend(reduced.value.map(|value| (BAGGAGE, value)));
            if reduced.above_limits {
                Limit::BAGGAGE.record(Action::Reduced, "W3C Baggage: 64 members and 8192 bytes");
            }
        }
        let mut trace = HeaderMap::new();
        for name in &TRACE_HEADERS {
            copy(name, headers, &mut trace);
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
            headers.insert(HeaderName::from_static(TRACESTATE), state.clone());
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

fn put(headers: &mut HeaderMap, name: &'static str, value: String) {
    // Ids are printable by construction.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Copies all values of a header, unless it has been copied before.
fn copy(name: &HeaderName, from: &HeaderMap, to: &mut HeaderMap) {
    // Most requests have few of them, and asking a map for an entry makes it allocate.
    if !from.contains_key(name) {
        return;
    }
    if let Entry::Vacant(vacant) = to.entry(name) {
        let mut values = from.get_all(name).iter();
        if let Some(first) = values.next() {
            let mut entry = vacant.insert_entry(first.clone());
            for value in values {
                entry.append(value.clone());
            }
        }
    }
}
