//! The ground truth of a request: which faults were injected into it.

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

/// What was injected into one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Injected {
    /// Each injected fault, in the order of effect; those of calls to upstreams come after those of the request.
    pub faults: Vec<InjectedFault>,
    /// The status that a fault demands instead of an answer.
    pub status: Option<StatusCode>,
}

/// Where it is written down what is injected into a request, before the effect. Whoever lays it into a request's
/// extensions also learns of faults whose answer never came, because there is none or because the client gave up.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Injected>>);

impl Ledger {
    /// What has been injected into the request so far.
    pub fn injected(&self) -> Injected {
        self.lock().clone()
    }

    /// Writes down what is about to happen. Returns at which position the first of the faults stands.
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

    /// Says that a cap cut a fault short.
    pub(super) fn cap(&self, position: usize) {
        if let Some(fault) = self.lock().faults.get_mut(position) {
            fault.capped = true;
        }
    }

    /// Says how much processor time it really was.
    pub(super) fn worked(&self, position: usize, used: Duration) {
        if let Some(fault) = self.lock().faults.get_mut(position) {
            fault.cpu_ms = Some(milliseconds(used));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Injected> {
        // Whole between any two statements, so a panic elsewhere cannot have broken it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A delay as the ground truth has it.
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
    /// The rule, for the span. In the answer it would tell the caller how the service is set up.
    #[serde(skip)]
    pub rule: String,
    /// Whether a cap cut the effect short; what is said here is what was granted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub capped: bool,
    /// The upstream whose call it was; nothing for the request itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// `after` for a delay that came after the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<&'static str>,
    /// The injected delay, in milliseconds: what was waited, where somebody ended it early.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shortest")]
    pub delay_ms: Option<f64>,
    /// The processor time that was used up, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shortest")]
    pub cpu_ms: Option<f64>,
    /// The injected status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the answer's body was made at least, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How fast the answer's body came, in bytes per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_s: Option<u64>,
}

/// Whole milliseconds without a point, as people write them.
fn shortest<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(number) if number.fract() == 0.0 && (0.0..9e15).contains(number) => {
            serializer.serialize_u64(*number as u64)
        }
        value => value.serialize(serializer),
    }
}

/// As in the response header.
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

/// As in the response header: what a log line shows, too.
impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if position == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl InjectedFault {
    /// A fault of a rule, with nothing more to say yet.
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
    /// Tells the client.
    pub(super) fn tell_client(&self, headers: &mut HeaderMap) {
        // Ids and modes are tokens, so the text always is a header's value.
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(FAULT_HEADER, value);
        }
    }
}
