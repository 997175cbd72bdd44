//! The span that this process has of a request or a call, recorded or not.

use std::cell::Cell;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;

/// The own span of a request or a call.
///
/// A span that is not sampled is never recorded: it has ids, which travel on and appear in the log, and nothing else. At a
/// sampling rate of 1 % that is most of them, and a recorded span costs about as much as the rest of a request.
#[derive(Debug)]
pub(crate) struct OwnSpan {
    /// Records what is exported; disabled if the span is not sampled or the process makes no spans.
    pub(super) span: Span,
    context: Option<SpanContext>,
}

impl OwnSpan {
    /// No span: the process makes none.
    pub(super) fn none() -> Self {
        Self { span: Span::none(), context: None }
    }

    /// A span that is recorded, with its ids.
    pub(super) fn recorded(span: Span, context: SpanContext) -> Self {
        Self { span, context: Some(context).filter(SpanContext::is_valid) }
    }

    /// A span of this trace that is not sampled.
    pub(super) fn unsampled(trace: TraceId) -> Self {
        let span = RandomIdGenerator::default().new_span_id();
        let context = SpanContext::new(trace, span, TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
        Self { span: Span::none(), context: Some(context) }
    }

    /// The span as `tracing` knows it; disabled if nothing is exported.
    pub(crate) fn as_span(&self) -> &Span {
        &self.span
    }

    /// The ids of the span, or `None` if the process makes no spans.
    pub(crate) fn context(&self) -> Option<&SpanContext> {
        self.context.as_ref()
    }
}

thread_local! {
    static NEXT_TRACE: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Generates random ids, and takes the trace id for the next root span from [`PresetTrace::run`] if there is one.
///
/// The decision about sampling depends on the trace id, and is made before a span is recorded.
#[derive(Debug, Default)]
pub(super) struct PresetTrace(RandomIdGenerator);

impl PresetTrace {
    /// Runs `start`, which starts at most one root span, with this trace id for it.
    pub(super) fn run<R>(trace: Option<TraceId>, start: impl FnOnce() -> R) -> R {
        NEXT_TRACE.set(trace);
        let result = start();
        NEXT_TRACE.set(None);
        result
    }
}

impl IdGenerator for PresetTrace {
    fn new_trace_id(&self) -> TraceId {
        NEXT_TRACE.take().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}
