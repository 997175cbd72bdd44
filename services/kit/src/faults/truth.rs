//! The ground truth of a request: which faults were injected into it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

/// Response header that names each injected fault: `slow;mode=latency;delay_ms=200, r2;mode=error;status=503`, which is
/// a list of tokens with parameters as in RFC 9651.
pub const FAULT_HEADER: &str = "x-meshwalk-fault";

/// Request header that asks for faults in this request only.
pub const INJECT_HEADER: &str = "x-meshwalk-inject";

/// What was injected into one request. In the request's extensions, if anything was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Injected {
    /// Each injected fault, in the order of effect.
    pub faults: Vec<InjectedFault>,
    /// The status that an error fault demands instead of an answer.
    pub status: Option<StatusCode>,
    /// Whether the cap on the sum of delays cut one short; the faults show what was granted.
    pub capped: bool,
}

/// Where the layer writes down what it injects, before the effect: whoever lays it into a request's extensions also
/// learns of faults whose answer never came, because the client gave up during an injected delay.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<OnceLock<Injected>>);

impl Ledger {
    /// What was injected into the request, if anything was.
    pub fn injected(&self) -> Option<&Injected> {
        self.0.get()
    }

    pub(super) fn note(&self, injected: &Injected) {
        // A request comes through one fault layer, so there is nothing to overwrite.
        let _ = self.0.set(injected.clone());
    }
}

/// One injected fault, as the call tree shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InjectedFault {
    /// The rule's id.
    pub id: String,
    /// The rule's mode.
    pub mode: &'static str,
    /// The injected delay, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shortest")]
    pub delay_ms: Option<f64>,
    /// The injected status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
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
        if let Some(delay) = self.delay_ms {
            // A structured decimal has at most three digits after the point.
            write!(f, ";delay_ms={}", (delay * 1000.0).round() / 1000.0)?;
        }
        if let Some(status) = self.status {
            write!(f, ";status={status}")?;
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

impl Injected {
    /// Tells the client.
    pub(super) fn tell_client(&self, headers: &mut HeaderMap) {
        // Ids and modes are tokens, so the text always is a header's value.
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(FAULT_HEADER, value);
        }
    }
}
