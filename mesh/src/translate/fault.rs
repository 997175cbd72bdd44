//! Fault injection by Envoy's filter before the router. Aborted requests are not retried, and the route's timeout does
//! not include delays.

use serde_json::{Value, json};

use super::message::{extension, set, typed};
use crate::kinds::{Fault, Percent, grpc_status};

/// Name of the filter, by which routes configure it.
pub(crate) const FILTER: &str = "envoy.filters.http.fault";
const MESSAGE: &str = "envoy.extensions.filters.http.fault.v3.HTTPFault";

/// The filter, which is inactive by default.
pub(crate) fn filter() -> Value {
    extension(FILTER, MESSAGE, json!({}))
}

/// Configuration of the filter for one route. Without a percentage it injects nothing, as in Istio.
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
