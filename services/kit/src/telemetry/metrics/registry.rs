//! All series of the process, and the recorder behind the macros of the `metrics` crate.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{Counter, Gauge, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::{
    histogram::Histogram,
    page::{Kind, Page},
};

/// Series that one metric can have; the default of OpenTelemetry's metrics SDK ("Cardinality limits").
pub(super) const SERIES_LIMIT: usize = 2000;

/// Labels of the series that counts what belongs to no other series after the limit is reached, as in OpenTelemetry's SDK.
const OVERFLOW: &str = "otel_metric_overflow=\"true\"";

/// The series of a process. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry(Arc<Mutex<BTreeMap<String, Family>>>);

/// All series of one name. A clone shares the values.
#[derive(Debug, Clone, Default)]
struct Family {
    help: Arc<str>,
    unit: Option<Unit>,
    /// By their labels as text, such as `a="1",b="2"`.
    series: BTreeMap<Arc<str>, Series>,
}

#[derive(Debug, Clone)]
enum Series {
    Counter(Arc<AtomicU64>),
    /// The bits of an `f64`.
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Histogram>),
}

impl Registry {
    /// The counter of this name and labels. `None` if the name belongs to another kind of metric.
    pub(super) fn counter(&self, name: &str, labels: &[(&str, &str)]) -> Option<Arc<AtomicU64>> {
        match self.series(name, labels, || Series::Counter(Arc::default())) {
            Series::Counter(counter) => Some(counter),
            _ => None,
        }
    }

    /// The gauge of this name and labels. `None` if the name belongs to another kind of metric.
    pub(super) fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> Option<Arc<AtomicU64>> {
        match self.series(name, labels, || Series::Gauge(Arc::default())) {
            Series::Gauge(gauge) => Some(gauge),
            _ => None,
        }
    }

    /// The histogram of this name and labels. `None` if the name belongs to another kind of metric.
    pub(super) fn histogram(&self, name: &str, labels: &[(&str, &str)]) -> Option<Arc<Histogram>> {
        match self.series(name, labels, || Series::Histogram(Arc::new(Histogram::new()))) {
            Series::Histogram(histogram) => Some(histogram),
            _ => None,
        }
    }

    /// Sets the help text and the unit of a metric.
    pub(super) fn describe(&self, name: &str, unit: Option<Unit>, help: &str) {
        let mut families = self.lock();
        let family = families.entry(name.to_owned()).or_default();
        (family.help, family.unit) = (help.into(), unit);
    }

    /// Writes every metric that has a series.
    pub(super) fn write(&self, page: &mut Page) {
        // Copy the handles, because a request that needs a new series must not wait until the page is written.
        let families = self.lock().clone();
        for (name, family) in families {
            let Some(first) = family.series.values().next() else { continue };
            page.family(&name, first.kind(), family.unit, &family.help);
            for (labels, series) in &family.series {
                match series {
                    Series::Counter(counter) => page.sample(labels, counter.load(Ordering::Relaxed)),
                    Series::Gauge(gauge) => page.sample(labels, f64::from_bits(gauge.load(Ordering::Relaxed))),
                    Series::Histogram(histogram) => page.histogram(labels, &histogram.snapshot()),
                }
            }
        }
    }

    /// All series in Prometheus' text format.
    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        let mut page = Page::new(super::page::Format::Text);
        self.write(&mut page);
        page.finish()
    }

    /// Finds a series, or makes it. The order of the labels is part of what identifies a series.
    fn series(&self, name: &str, labels: &[(&str, &str)], make: impl FnOnce() -> Series) -> Series {
        let labels = labels_text(labels);
        let mut families = self.lock();
        let family = match families.get_mut(name) {
            Some(family) => family,
            None => families.entry(name.to_owned()).or_default(),
        };
        if let Some(series) = family.series.get(labels.as_str()) {
            return series.clone();
        }
        let labels = if family.series.len() < SERIES_LIMIT { labels.into() } else { OVERFLOW.into() };
        let made = family.series.values().next().map_or_else(make, Series::empty_of_same_kind);
        family.series.entry(labels).or_insert(made).clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Family>> {
        // Each change is one statement, so a panic elsewhere cannot leave a family half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Series {
    fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) => Kind::Counter,
            Self::Gauge(_) => Kind::Gauge,
            Self::Histogram(_) => Kind::Histogram,
        }
    }

    /// A new series as all others of its family are: one name has one type.
    fn empty_of_same_kind(&self) -> Self {
        match self {
            Self::Counter(_) => Self::Counter(Arc::default()),
            Self::Gauge(_) => Self::Gauge(Arc::default()),
            Self::Histogram(_) => Self::Histogram(Arc::new(Histogram::new())),
        }
    }
}

/// Labels as both text formats write them.
fn labels_text(labels: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a string never fails.
        let _ = write!(text, "{comma}{name}=\"");
        for character in value.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text
}

fn labels_of(key: &Key) -> Vec<(&str, &str)> {
    key.labels().map(|label| (label.key(), label.value())).collect()
}

impl Recorder for Registry {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(name.as_str(), unit, &help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(name.as_str(), unit, &help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(name.as_str(), unit, &help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.counter(key.name(), &labels_of(key)).map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.gauge(key.name(), &labels_of(key)).map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        let histogram = self.histogram(key.name(), &labels_of(key));
        histogram.map_or_else(metrics::Histogram::noop, metrics::Histogram::from_arc)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc,
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    #[test]
    fn new_series_does_not_wait_until_a_page_is_written() {
        let registry = Registry::default();
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
        let registry = Registry::default();
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
        let registry = Registry::default();
        assert!(registry.counter("x", &[]).is_some());
        assert!(registry.gauge("x", &[]).is_none() && registry.histogram("x", &[("l", "1")]).is_none());
    }

    #[test]
    fn series_beyond_the_limit_are_counted_together() {
        let registry = Registry::default();
        for number in 0..2 * SERIES_LIMIT {
            let counter = registry.counter("x_total", &[("l", &number.to_string())]).unwrap();
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let text = registry.text();
        assert_eq!(text.lines().filter(|line| line.starts_with("x_total{")).count(), SERIES_LIMIT + 1);
        let overflow = format!("x_total{{otel_metric_overflow=\"true\"}} {SERIES_LIMIT}");
        assert!(text.lines().any(|line| line == overflow), "{overflow}");
    }
}
