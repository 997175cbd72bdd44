//! Which headers of a request travel on to the upstreams, and what they say about the trace.
//!
//! Three families of trace headers exist side by side, and a mesh may renew only one of them. So a hop reads all of them,
//! says whether they agree, and passes each on. A hop that makes spans of its own writes the families again from its span;
//! a hop that makes none passes them on byte by byte. To pass headers on unchanged *and* make a span would give the next
//! hop two parents.
//!
//! Baggage belongs to no family. It is limited in both cases, by the module `baggage`.

mod b3;
mod baggage;
mod family;
mod hex_id;
mod ids;
mod onward;
mod tracestate;
mod w3c;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, TraceFlags, TraceId};

use family::is_trace_header;
pub use family::{Family, Order};
pub(crate) use hex_id::HexId;
use ids::{Ids, Reading};
pub use onward::Onward;

/// The request's id, which Envoy makes and every hop passes on.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request said about its trace.
#[derive(Debug, Clone)]
pub struct Received {
    /// What each family said, for those that came in and could be read, in the order of preference.
    readable: Vec<(Family, Reading)>,
    /// Whether a family came in that could not be read.
    malformed: bool,
    /// The `tracestate` header, or `None` if it is absent, invalid, or without a readable `traceparent`.
    tracestate: Option<HeaderValue>,
}

/// What a hop's own span starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Parent {
    /// The span of the caller, if it gave one.
    pub span: Option<SpanContext>,
    /// What the caller decided about sampling.
    pub decision: Decision,
}

/// What the caller decided about sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// To sample.
    Sample,
    /// Not to sample. That stays so on all further hops.
    Drop,
    /// Nothing; the next one who can decides.
    Open,
}

impl Received {
    /// Reads the trace headers.
    pub fn read(headers: &HeaderMap, order: &Order) -> Self {
        // Most requests outside of a mesh have none, and each search for one costs a hash.
        if !headers.keys().any(is_trace_header) {
            return Self { readable: Vec::new(), malformed: false, tracestate: None };
        }
        let mut readable = Vec::new();
        let mut malformed = false;
        for family in order.families() {
            let reading = match family {
                Family::W3c => w3c::read(headers),
                Family::B3 => b3::read_single(headers),
                Family::B3Multi => b3::read_multi(headers),
            };
            match reading {
                Ok(Some(reading)) => readable.push((family, reading)),
                Ok(None) => {}
                Err(ids::Malformed) => malformed = true,
            }
        }
        // Without a readable `traceparent`, `tracestate` must not be parsed (level 2, section 3.3).
        let has_parent = readable.iter().any(|(family, _)| *family == Family::W3c);
        let tracestate = if has_parent { tracestate::read(headers) } else { None };
        Self { readable, malformed, tracestate }
    }

    /// The families that came in and could be read.
    pub fn families(&self) -> Vec<Family> {
        self.readable.iter().map(|(family, _)| *family).collect()
    }

    /// Whether all families that came in can be read and tell of the same trace and sampling. Their span ids differ by
    /// nature: Envoy renews only `traceparent`.
    pub fn agree(&self) -> bool {
        let agree = |a: &Reading, b: &Reading| a.same_trace(b) && a.same_sampling(b);
        let readings = || self.readable.iter().map(|(_, reading)| reading);
        !self.malformed && readings().all(|a| readings().all(|b| agree(a, b)))
    }

    /// The trace's id as the preferred family gives it, for a hop without spans of its own.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.readable.iter().find_map(|(_, reading)| reading.ids).map(|ids| ids.trace)
    }

    /// What the preferred family decided about sampling.
    pub fn decision(&self) -> Decision {
        self.chosen().map_or(Decision::Open, |reading| reading.sampling.decision())
    }

    /// What an own span starts from.
    pub fn parent(&self) -> Parent {
        let decision = self.decision();
        let span = self.chosen().and_then(|reading| reading.ids).map(|ids| {
            let random = if self.is_random(ids.trace) { w3c::RANDOM } else { 0 };
            let flags = TraceFlags::new(random).with_sampled(decision == Decision::Sample);
            let tracestate = self.tracestate_of(ids.trace).map(tracestate::for_export).unwrap_or_default();
            SpanContext::new(ids.trace, ids.span, flags, true, tracestate)
        });
        Parent { span, decision }
    }

    /// The preferred family; one that names a trace comes before one that only decides about sampling.
    fn chosen(&self) -> Option<&Reading> {
        let mut readings = self.readable.iter().map(|(_, reading)| reading);
        readings.clone().find(|reading| reading.ids.is_some()).or_else(|| readings.next())
    }

    /// Returns the `tracestate` if it belongs to this trace: the trace of `traceparent`, and no other.
    fn tracestate_of(&self, trace: TraceId) -> Option<&HeaderValue> {
        self.tracestate.as_ref().filter(|_| self.w3c_ids(trace).is_some())
    }

    /// Returns true if the low 7 bytes of this trace's id are known to be random (level 2, section 3.2.2.5.2).
    ///
    /// A trace that continues keeps the flag of its `traceparent`, set or unset. A trace that starts here has an id from
    /// the SDK's generator, which is random in all 16 bytes.
    fn is_random(&self, trace: TraceId) -> bool {
        match self.chosen().and_then(|reading| reading.ids) {
            Some(_) => self.w3c_ids(trace).is_some_and(|ids| ids.random),
            None => true,
        }
    }

    /// Returns what `traceparent` says, if it names this trace.
    fn w3c_ids(&self, trace: TraceId) -> Option<Ids> {
        self.reading(Family::W3c)?.ids.filter(|ids| ids.trace == trace)
    }

    fn reading(&self, family: Family) -> Option<&Reading> {
        self.readable.iter().find(|(f, _)| *f == family).map(|(_, reading)| reading)
    }
}

#[cfg(test)]
mod tests;
