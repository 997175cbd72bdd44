//! The ground truth of a request: which faults were injected into it.

use http::StatusCode;
use serde::Serialize;

/// Response header that names each injected fault: `slow;mode=latency;delay_ms=200, r2;mode=error;status=503`.
pub const FAULT_HEADER: &str = "x-meshwalk-fault";

/// Request header that asks for faults in this request only.
pub const INJECT_HEADER: &str = "x-meshwalk-inject";

/// What was injected into one request. In the extensions of the request and of its response, if anything was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Injected {
    /// Each injected fault, in the order of effect.
    pub faults: Vec<InjectedFault>,
    /// The status that an error fault demands instead of an answer.
    pub status: Option<StatusCode>,
}

/// One injected fault, as the call tree shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InjectedFault {
    /// The rule's id.
    pub id: String,
    /// The rule's mode.
    pub mode: &'static str,
    /// The injected delay, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<f64>,
    /// The injected status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}
