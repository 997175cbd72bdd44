//! What a route breaks on purpose. Envoy does it in a filter before its router: what it aborts is not tried again, and
//! what it delays is not bounded by the same route's timeout.

use serde_json::{Value, json};

use super::message::{extension, set, typed};
use crate::kinds::{Fault, Percent, grpc_status};

/// The filter's name, under which a route configures it.
pub(crate) const FILTER: &str = "envoy.filters.http.fault";
const MESSAGE: &str = "envoy.extensions.filters.http.fault.v3.HTTPFault";

/// The filter, which does nothing until a route says so.
pub(crate) fn filter() -> Value {
    extension(FILTER, MESSAGE, json!({}))
}

/// What the filter does on one route. Without a percentage nothing is broken (so Istio's reference says).
pub(crate) fn of_route(fault: &Fault) -> Option<Value> {
    let mut message = json!({});
    if let Some(delay) = &fault.delay {
        let delay = json!({
            "fixed_delay": delay.fixed_delay.to_string(),
            "percentage": fraction(delay.percentage),
        });
        set(&mut message, "delay", delay);
    }
    if let Some(abort) = &fault.abort {
        let mut written = json!({ "percentage": fraction(abort.percentage) });
        if let Some(status) = abort.http_status {
            set(&mut written, "http_status", status);
        } else if let Some(status) = abort.grpc_status.as_deref().and_then(grpc_status) {
            set(&mut written, "grpc_status", status);
        }
        set(&mut message, "abort", written);
    }
    (fault.delay.is_some() || fault.abort.is_some()).then(|| typed(MESSAGE, message))
}

fn fraction(percentage: Option<Percent>) -> Value {
    json!({ "numerator": percentage.map_or(0, Percent::millionths), "denominator": "MILLION" })
}
