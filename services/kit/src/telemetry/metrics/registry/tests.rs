use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::*;

#[test]
fn new_series_does_not_wait_until_a_page_is_written() {
    let registry = SeriesRegistry::default();
    let histogram = registry.histogram("x", &[]).unwrap();
    // Writing the page stops at this histogram.
    let exemplar = histogram.lock_first_exemplar();
    let references = Arc::strong_count(&histogram);
    let writer = thread::spawn({
        let registry = registry.clone();
        move || registry.text()
    });
    let start = Instant::now();
    // The copy of the handles is the one sign from outside that the page is being written.
    while Arc::strong_count(&histogram) == references {
        assert!(start.elapsed() < Duration::from_secs(30), "the page copies the handles");
        thread::yield_now();
    }
    let (send, made) = mpsc::channel();
    thread::spawn(move || send.send(registry.counter("y_total", &[]).is_some()));
    let made = made.recv_timeout(Duration::from_secs(30));
    drop(exemplar);
    assert_eq!(made, Ok(true), "the registry is unlocked while the page is written");
    assert!(writer.join().unwrap().contains("x_count 0"));
}

#[test]
fn label_values_are_escaped_and_series_sorted() {
    let registry = SeriesRegistry::default();
    registry.describe("x_total", None, "Line\none \\.");
    for value in ["b", "a\"\\\n"] {
        registry.counter("x_total", &[("l", value), ("m", "")]);
    }
    let expected = "# TYPE x_total counter\n# HELP x_total Line\\none \\\\.\n\
        x_total{l=\"a\\\"\\\\\\n\",m=\"\"} 0\nx_total{l=\"b\",m=\"\"} 0\n";
    assert_eq!(registry.text(), expected);
}

#[test]
fn metric_has_one_kind() {
    let registry = SeriesRegistry::default();
    assert!(registry.counter("x", &[]).is_some());
    assert!(registry.gauge("x", &[]).is_none() && registry.histogram("x", &[("l", "1")]).is_none());
}

#[test]
fn series_beyond_the_limit_are_counted_together() {
    let registry = SeriesRegistry::default();
    for number in 0..2 * SERIES_LIMIT {
        let counter = registry.counter("x_total", &[("l", &number.to_string())]).unwrap();
        counter.fetch_add(1, Ordering::Relaxed);
    }
    let text = registry.text();
    assert_eq!(text.lines().filter(|line| line.starts_with("x_total{")).count(), SERIES_LIMIT + 1);
    let overflow = format!("x_total{{otel_metric_overflow=\"true\"}} {SERIES_LIMIT}");
    assert!(text.lines().any(|line| line == overflow), "{overflow}");
}
