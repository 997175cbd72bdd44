//! Modes that lose the request's context.

use super::{About, EVERYWHERE, Mode, ModeSpec};

pub(super) const DROP_HEADERS: ModeSpec = ModeSpec {
    name: "drop-headers",
    arguments: &[],
    summary: "calls upstreams without the trace: no traceparent, tracestate, b3, x-b3-*, baggage or x-request-id; \
              the headers of --forward-header go on",
    example: "drop-headers;upstream=stock",
    about: About::Requests { calls: true },
    levels: EVERYWHERE,
    read: |_| Ok(Mode::DropHeaders),
};
