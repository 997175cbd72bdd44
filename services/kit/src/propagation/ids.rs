//! What every family of trace headers says in the end: ids and a decision about sampling.

use http::{HeaderMap, HeaderName};
use opentelemetry::trace::{SpanId, TraceId};

use super::Decision;

/// A family that came in and cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// What a family said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// None where only a decision about sampling came, as B3 allows.
    pub(super) ids: Option<Ids>,
    pub(super) sampling: Sampling,
}

/// The caller's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    /// Whether the trace id came with 64 bits only, as B3 allows.
    pub(super) short: bool,
    /// True if the caller says that the low 7 bytes of the trace id are random. Only `traceparent` can say so.
    pub(super) random: bool,
}

/// What a family said about sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    Accept,
    Deny,
    /// Accept, and ask every sampler on the way to do so too (B3).
    Debug,
    /// Left to the receiver (B3).
    Defer,
}

impl Sampling {
    pub(super) fn decision(self) -> Decision {
        match self {
            Self::Accept | Self::Debug => Decision::Sample,
            Self::Deny => Decision::Drop,
            Self::Defer => Decision::Open,
        }
    }
}

impl Reading {
    /// Whether both tell of one trace. Who shortens an id to 64 bits keeps its right half, so that is compared then.
    pub(super) fn same_trace(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (self.ids, other.ids) else { return true };
        if a.short || b.short { low_half(a.trace) == low_half(b.trace) } else { a.trace == b.trace }
    }

    /// True if both have the same sampling decision, or one of them has none.
    pub(super) fn same_sampling(&self, other: &Self) -> bool {
        let (a, b) = (self.sampling.decision(), other.sampling.decision());
        a == b || a == Decision::Open || b == Decision::Open
    }
}

fn low_half(trace: TraceId) -> u64 {
    u128::from_be_bytes(trace.to_bytes()) as u64
}

/// A number of exactly this many hexadecimal digits, of either case.
pub(super) fn hex(text: &str, digits: usize) -> Result<u128, Malformed> {
    // `from_str_radix` would also take a sign.
    let clean = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if clean { u128::from_str_radix(text, 16).map_err(|_| Malformed) } else { Err(Malformed) }
}

/// A trace id that is not all zeroes, which every family forbids.
pub(super) fn trace_id(number: u128) -> Result<TraceId, Malformed> {
    if number == 0 { Err(Malformed) } else { Ok(TraceId::from_bytes(number.to_be_bytes())) }
}

/// A span id of 16 digits that are not all zeroes.
pub(super) fn span_id(text: &str) -> Result<SpanId, Malformed> {
    match u64::try_from(hex(text, 16)?) {
        Ok(0) | Err(_) => Err(Malformed),
        Ok(number) => Ok(SpanId::from_bytes(number.to_be_bytes())),
    }
}

/// The one value of a header. Two of them contradict each other or repeat themselves, and neither can be trusted.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Malformed> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|text| Some(text.trim())).map_err(|_| Malformed),
        (Some(_), Some(_)) => Err(Malformed),
    }
}
