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
pub(crate) struct SeriesRegistry(Arc<Mutex<BTreeMap<String, Family>>>);

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

impl SeriesRegistry {
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

impl Recorder for SeriesRegistry {
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
mod tests;
