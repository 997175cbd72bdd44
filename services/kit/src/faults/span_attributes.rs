//! Faults of a request or a call in its span and its log line.

use tracing::Span;

use super::InjectedFault;

/// Records the faults in the span.
pub(crate) fn record_in_span(span: &Span, faults: &[InjectedFault]) {
    if faults.is_empty() || span.is_disabled() {
        return;
    }
    let joined = |part: fn(&InjectedFault) -> &str| faults.iter().map(part).collect::<Vec<_>>().join(",");
    span.record("meshwalk.fault.id", joined(|fault| &fault.id));
    span.record("meshwalk.fault.mode", joined(|fault| fault.mode));
    // As several rules are written in one line.
    span.record("meshwalk.fault.rule", faults.iter().map(|fault| &*fault.rule).collect::<Vec<_>>().join(" | "));
    if faults.iter().any(|fault| fault.capped) {
        span.record("meshwalk.fault.capped", true);
    }
    let delay_ms: f64 = faults.iter().filter_map(|fault| fault.delay_ms).sum();
    if delay_ms > 0.0 {
        span.record("meshwalk.fault.delay_ms", delay_ms);
    }
}

/// The faults as one field of a log line, or `None` if there are none.
pub(crate) fn fault_list(faults: &[InjectedFault]) -> Option<String> {
    let names: Vec<String> = faults.iter().map(|fault| format!("{}={}", fault.id, fault.mode)).collect();
    (!names.is_empty()).then(|| names.join(","))
}
