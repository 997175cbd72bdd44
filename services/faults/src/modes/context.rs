//! Modes that lose the context of a request.

use super::{ModeSpec, spec::family};

family! {
    /// Faults of the context that calls carry.
    Context {
        /// Calls carry no headers of the trace.
        DropHeaders = ModeSpec {
            name: "drop-headers",
            summary: "calls upstreams without trace headers: no traceparent, tracestate, b3, x-b3-*, baggage or \
                      x-request-id; the headers of --forward-header are still forwarded",
            example: "drop-headers;upstream=inventory",
            ..ModeSpec::CALLS
        };
    }
}
