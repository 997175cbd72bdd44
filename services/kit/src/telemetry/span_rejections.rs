//! Spans that a collector rejects within a batch that it takes: OTLP's partial success.
//!
//! The exporter returns success for such a batch, and tells the number only in an event of its own log. This subscriber
//! takes that event, for the time of an export.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

/// Field of the event with the number of spans.
const SPANS: &str = "rejected_spans";

/// Field of the event with the collector's reason.
const MESSAGE: &str = "error_message";

/// What a collector rejected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rejected {
    /// Number of spans.
    pub(super) spans: usize,
    /// The collector's reason, which may be empty.
    pub(super) message: String,
}

/// Takes the exporter's events.
#[derive(Debug)]
pub(super) struct Rejections {
    rejected: Arc<Mutex<Rejected>>,
    dispatch: Dispatch,
}

impl Rejections {
    /// A subscriber that has seen nothing.
    pub(super) fn new() -> Self {
        let rejected = Arc::new(Mutex::default());
        let dispatch = Dispatch::new(ExporterLog(Arc::clone(&rejected)));
        Self { rejected, dispatch }
    }

    /// The subscriber, to be the default while an export runs.
    pub(super) fn dispatch(&self) -> Dispatch {
        self.dispatch.clone()
    }

    /// Returns what was rejected since the last call.
    pub(super) fn take(&self) -> Rejected {
        std::mem::take(&mut *lock(&self.rejected))
    }
}

fn lock(rejected: &Mutex<Rejected>) -> MutexGuard<'_, Rejected> {
    rejected.lock().unwrap_or_else(PoisonError::into_inner)
}

struct ExporterLog(Arc<Mutex<Rejected>>);

impl Subscriber for ExporterLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::WARN && metadata.fields().field(SPANS).is_some()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut *lock(&self.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl Visit for Rejected {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == SPANS {
            self.spans += usize::try_from(value).unwrap_or_default();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            value.clone_into(&mut self.message);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
