//! The JSON form of the log: one object per line, formatted in one pass.
//!
//! The fields are those of `tracing-subscriber`'s flattened JSON form, in its order: `timestamp`, `level`, `message`, the
//! event's own fields, `target`. That formatter serializes each line through several layers and strings, which cost more
//! than the rest of the log together.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    sync::Arc,
    time::SystemTime,
};

use serde::Serialize;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
    subscriber::Interest,
};
use tracing_subscriber::filter::Targets;

use super::{json_escape::escape, log_clock::LogClock, log_queue::LogQueue};

/// Capacity that a thread's line buffer keeps after a long line.
const KEPT_CAPACITY: usize = 16 << 10;

/// Writes events as JSON lines. Ignores spans: no line shows them.
#[derive(Debug)]
pub(super) struct JsonLog {
    filter: Targets,
    queue: Arc<LogQueue>,
}

impl JsonLog {
    /// A log of the events that pass the filter.
    pub(super) fn new(filter: Targets, queue: Arc<LogQueue>) -> Self {
        Self { filter, queue }
    }
}

/// What a thread reuses for its lines.
#[derive(Debug, Default)]
struct Scratch {
    line: Vec<u8>,
    clock: LogClock,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Subscriber for JsonLog {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.filter.would_enable(metadata.target(), metadata.level())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        tracing_subscriber::Layer::<tracing_subscriber::Registry>::max_level_hint(&self.filter)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => self.write(event, &mut scratch),
            // A field whose formatting logs: the outer line is still in the buffer.
            Err(_) => self.write(event, &mut Scratch::default()),
        });
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl JsonLog {
    fn write(&self, event: &Event<'_>, scratch: &mut Scratch) {
        let Scratch { line, clock } = scratch;
        line.clear();
        line.extend_from_slice(b"{\"timestamp\":\"");
        clock.write(SystemTime::now(), line);
        line.extend_from_slice(b"\",\"level\":\"");
        line.extend_from_slice(level(*event.metadata().level()).as_bytes());
        line.push(b'"');
        event.record(&mut Fields(line));
        line.extend_from_slice(b",\"target\":\"");
        escape(line, event.metadata().target());
        line.extend_from_slice(b"\"}\n");
        self.queue.push(line);
        line.clear();
        line.shrink_to(KEPT_CAPACITY);
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}

/// Appends an event's fields, each after a comma.
struct Fields<'a>(&'a mut Vec<u8>);

impl Fields<'_> {
    fn name(&mut self, field: &Field) {
        self.0.extend_from_slice(b",\"");
        escape(self.0, field.name());
        self.0.extend_from_slice(b"\":");
    }

    fn number(&mut self, field: &Field, value: impl Serialize) {
        self.name(field);
        // Numbers always serialize; a float without a JSON form becomes null.
        let _ = serde_json::to_writer(&mut *self.0, &value);
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        self.0.push(b'"');
        escape(self.0, value);
        self.0.push(b'"');
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field);
        self.0.push(b'"');
        // A `Debug` that fails leaves what it wrote.
        let _ = write!(Escaped(self.0), "{value:?}");
        self.0.push(b'"');
    }
}

/// Escapes formatted text on its way into a JSON string.
struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
