//! The form of JSON log lines, compared with the formatter whose form the documents promise.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt};

use super::*;

/// The lines that `log` produces with the own formatter, and with the library's.
fn both(log: impl Fn()) -> [String; 2] {
    let filter: Targets = "trace".parse().unwrap();
    let queue = Arc::new(LogQueue::default());
    tracing::subscriber::with_default(JsonLog::new(filter.clone(), Arc::clone(&queue)), &log);
    let mut own = Vec::new();
    queue.take(&mut own, false);

    let library = Buffer::default();
    let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(library.clone());
    let layer = layer.with_current_span(false).with_span_list(false);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(filter).with(layer), &log);
    let library = library.0.lock().unwrap().clone();
    [own, library].map(|bytes| String::from_utf8(bytes).unwrap())
}

/// What follows the timestamp, which no two lines share.
fn after_timestamp(line: &str) -> &str {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(value["timestamp"].as_str().unwrap().len(), "2026-01-31T08:15:30.123456Z".len(), "{line}");
    line.split_once(",").unwrap().1
}

fn same(log: impl Fn()) {
    let [own, library] = both(log);
    assert_eq!(own.lines().count(), library.lines().count());
    for (own, library) in own.lines().zip(library.lines()) {
        assert_eq!(after_timestamp(own), after_timestamp(library));
    }
}

#[test]
fn fields_and_their_order_are_those_of_the_library() {
    same(|| {
        tracing::info!(
            method = "GET",
            status = Some(200_u16),
            took_ms = 0.125,
            whole = 3.0,
            none = None::<&str>,
            negative = -7,
            yes = true,
            debug = ?Some("x"),
            display = %std::net::Ipv4Addr::LOCALHOST,
            not_a_number = f64::NAN,
            dotted.name = 1,
            "{} {}",
            "request",
            1
        );
        tracing::warn!(only = "a field");
        tracing::error!("only a message");
        tracing::debug!(target: "an \"other\" target", "");
    });
}

proptest::proptest! {
    #[test]
    fn any_text_is_escaped_as_the_library_does(text in ".*|(?s).{0,20}") {
        same(|| tracing::info!(text = text.as_str(), display = %text, debug = ?text, "{text}"));
    }
}

#[test]
fn control_characters_quotes_and_backslashes_are_escaped_as_the_library_does() {
    let text: String = (0..=0x7f_u8).map(char::from).chain("äé\u{2028}\u{1f980}".chars()).collect();
    same(|| tracing::info!(text = text.as_str(), "{text}"));
}

#[test]
fn event_within_the_formatting_of_another_has_a_line_of_its_own() {
    let queue = Arc::new(LogQueue::default());
    let log = JsonLog::new("info".parse().unwrap(), Arc::clone(&queue));
    let outer = SCRATCH.with_borrow_mut(|scratch| {
        scratch.line.extend_from_slice(b"outer");
        tracing::subscriber::with_default(log, || tracing::info!("inner"));
        std::mem::take(&mut scratch.line)
    });
    let mut inner = Vec::new();
    queue.take(&mut inner, false);
    assert_eq!(outer, b"outer");
    assert!(inner.ends_with(b"\"}\n") && inner.starts_with(b"{"), "{inner:?}");
}

#[test]
fn events_below_the_level_of_their_module_are_not_written() {
    let queue = Arc::new(LogQueue::default());
    let filter = "warn,loud=debug".parse().unwrap();
    tracing::subscriber::with_default(JsonLog::new(filter, Arc::clone(&queue)), || {
        tracing::info!("dropped");
        tracing::debug!(target: "loud", "kept");
        tracing::info_span!(target: "loud", "span").in_scope(|| tracing::trace!(target: "loud", "dropped"));
    });
    let mut lines = Vec::new();
    queue.take(&mut lines, false);
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains("kept"), "{lines}");
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Buffer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
