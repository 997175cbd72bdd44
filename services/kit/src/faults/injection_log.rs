//! Ground truth of a request: the faults that were injected into it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

/// Response header that names each injected fault: `slow;mode=latency;delay_ms=200, r2;mode=error;status=503`, which is
/// a list of tokens with parameters as in RFC 9651.
pub const FAULT_HEADER: &str = "x-meshwalk-fault";

/// Faults that were injected into one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Injected {
    /// Each injected fault, in the order of effect; those of calls to upstreams come after those of the request.
    pub faults: Vec<InjectedFault>,
    /// Status of an injected error response.
    pub status: Option<StatusCode>,
}

/// Record of what is injected into a request, written before the effect.
///
/// A middleware that puts one into a request's extensions also sees the faults of a request without a response, such as
/// one whose client gave up. Clones share the record.
#[derive(Debug, Clone, Default)]
pub struct InjectionLog(Arc<Mutex<Injected>>);

impl InjectionLog {
    /// Faults injected into the request so far.
    pub fn injected(&self) -> Injected {
        self.lock().clone()
    }

    /// Records faults that are about to happen. Returns the index of the first of them.
    pub(super) fn note(&self, injected: Injected) -> usize {
        let mut known = self.lock();
        let position = known.faults.len();
        known.faults.extend(injected.faults);
        known.status = known.status.or(injected.status);
        position
    }

    /// Corrects a delay that ended early.
    pub(super) fn shorten(&self, position: usize, waited: Duration) {
        if let Some(fault) = self.lock().faults.get_mut(position) {
            fault.delay_ms = Some(milliseconds(waited));
        }
    }

    /// Marks a fault that a cap cut short.
    pub(super) fn cap(&self, position: usize) {
        if let Some(fault) = self.lock().faults.get_mut(position) {
            fault.capped = true;
        }
    }

    /// Corrects the processor time of a fault to what was used.
    pub(super) fn worked(&self, position: usize, used: Duration) {
        if let Some(fault) = self.lock().faults.get_mut(position) {
            fault.cpu_ms = Some(milliseconds(used));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Injected> {
        // Each method leaves the record consistent, so a poisoned lock is usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Converts a delay to milliseconds with a fraction.
pub(super) fn milliseconds(delay: Duration) -> f64 {
    delay.as_secs_f64() * 1000.0
}

/// One injected fault, as the call tree shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InjectedFault {
    /// The rule's id.
    pub id: String,
    /// The rule's mode.
    pub mode: &'static str,
    /// Text of the rule, for the span. The response omits it: it tells the caller how the service is set up.
    #[serde(skip)]
    pub rule: String,
    /// True if a cap cut the effect short. The other fields report what was granted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub capped: bool,
    /// Upstream of the call, or `None` for the request itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// `after` for a delay after the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<&'static str>,
    /// Injected delay in milliseconds: the time waited, if the rule was removed meanwhile.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shortest")]
    pub delay_ms: Option<f64>,
    /// Processor time used, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shortest")]
    pub cpu_ms: Option<f64>,
    /// The injected status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Least size of the response body, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Rate of the response body, in bytes per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_s: Option<u64>,
}

/// Serializes whole milliseconds without a decimal point.
fn shortest<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(number) if number.fract() == 0.0 && (0.0..9e15).contains(number) => {
            serializer.serialize_u64(*number as u64)
        }
        value => value.serialize(serializer),
    }
}

/// Format of the response header.
impl fmt::Display for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};mode={}", self.id, self.mode)?;
        if let Some(upstream) = &self.upstream {
            // A name may begin with a digit, which a token may not.
            write!(f, ";upstream=\"{upstream}\"")?;
        }
        if let Some(at) = self.at {
            write!(f, ";at={at}")?;
        }
        if let Some(delay) = self.delay_ms {
            // A structured decimal has at most three digits after the point.
            write!(f, ";delay_ms={}", (delay * 1000.0).round() / 1000.0)?;
        }
        if let Some(time) = self.cpu_ms {
            write!(f, ";cpu_ms={}", (time * 1000.0).round() / 1000.0)?;
        }
        if let Some(status) = self.status {
            write!(f, ";status={status}")?;
        }
        if let Some(bytes) = self.bytes {
            write!(f, ";bytes={bytes}")?;
        }
        if let Some(rate) = self.bytes_per_s {
            write!(f, ";bytes_per_s={rate}")?;
        }
        if self.capped {
            f.write_str(";capped")?;
        }
        Ok(())
    }
}

/// Format of the response header and of log lines.
impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if position == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl InjectedFault {
    /// A fault of a rule, without any measurement.
    pub(super) fn new(id: &str, mode: &'static str, upstream: Option<&str>) -> Self {
        Self {
            id: id.to_owned(),
            mode,
            rule: String::new(),
            capped: false,
            upstream: upstream.map(str::to_owned),
            at: None,
            delay_ms: None,
            cpu_ms: None,
            status: None,
            bytes: None,
            bytes_per_s: None,
        }
    }
}

impl Injected {
    /// Writes the response header that names the faults.
    pub(super) fn write_header(&self, headers: &mut HeaderMap) {
        // Ids and modes are tokens, so the text is always a valid header value.
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(FAULT_HEADER, value);
        }
    }
}
