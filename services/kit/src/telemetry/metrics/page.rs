//! Prometheus' text format 0.0.4 and OpenMetrics 1.0.0.
//!
//! Sources: "Exposition formats" of the documentation of Prometheus, and the OpenMetrics specification 1.0.0. OpenMetrics
//! differs as follows: counters are declared without `_total`, `_info` has a type of its own, units are declared,
//! buckets have exemplars, bounds are written as `1.0`, empty lines are invalid, and the page ends with `# EOF`.

use std::{
    fmt::{self, Display, Write},
    time::UNIX_EPOCH,
};

use metrics::Unit;

use super::histogram::{BOUNDS, Exemplar, Snapshot};

/// A format of the metrics page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Prometheus' text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// Value of `content-type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A page of metrics that is being written.
#[derive(Debug)]
pub(super) struct Page {
    format: Format,
    text: String,
    /// Name of the current metric.
    name: String,
}

impl Page {
    /// An empty page.
    pub(super) fn new(format: Format) -> Self {
        Self { format, text: String::with_capacity(16 << 10), name: String::new() }
    }

    /// Begins a metric; the samples that follow belong to it.
    pub(super) fn family(&mut self, name: &str, kind: Kind, unit: Option<Unit>, help: &str) {
        name.clone_into(&mut self.name);
        let (declared, kind) = self.declaration(name, kind);
        self.line(format_args!("# TYPE {declared} {kind}"));
        let unit = unit.map(|unit| unit.as_str()).filter(|unit| {
            self.format == Format::OpenMetrics && declared.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
        });
        if let Some(unit) = unit {
            self.line(format_args!("# UNIT {declared} {unit}"));
        }
        if !help.is_empty() {
            let help = help.replace('\\', "\\\\").replace('\n', "\\n");
            let help = if self.format == Format::OpenMetrics { help.replace('"', "\\\"") } else { help };
            self.line(format_args!("# HELP {declared} {help}"));
        }
    }

    /// Writes a counter or a gauge of the current metric.
    pub(super) fn sample(&mut self, labels: &str, value: impl Number) {
        let _ = write!(self.text, "{}", self.name);
        self.labels(labels, None);
        self.line(format_args!(" {}", Written(value)));
    }

    /// Writes a histogram of the current metric.
    pub(super) fn histogram(&mut self, labels: &str, histogram: &Snapshot) {
        let bounds = BOUNDS.iter().copied().chain([f64::INFINITY]);
        for (bound, (count, exemplar)) in bounds.zip(&histogram.buckets) {
            let _ = write!(self.text, "{}_bucket", self.name);
            self.labels(labels, Some(bound));
            let _ = write!(self.text, " {count}");
            if let (Format::OpenMetrics, Some(exemplar)) = (self.format, exemplar) {
                self.exemplar(exemplar);
            }
            self.text.push('\n');
        }
        let _ = write!(self.text, "{}_sum", self.name);
        self.labels(labels, None);
        self.line(format_args!(" {}", Written(histogram.sum)));
        let _ = write!(self.text, "{}_count", self.name);
        self.labels(labels, None);
        self.line(format_args!(" {}", histogram.buckets.last().map_or(0, |(count, _)| *count)));
    }

    /// Ends the page.
    pub(super) fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.line(format_args!("# EOF"));
        }
        self.text
    }

    /// The name and the type that declare a metric.
    fn declaration<'n>(&self, name: &'n str, kind: Kind) -> (&'n str, &'static str) {
        match (kind, self.format) {
            (Kind::Histogram, _) => (name, "histogram"),
            (Kind::Counter, Format::Text) => (name, "counter"),
            (Kind::Counter, Format::OpenMetrics) => {
                // A counter without the suffix is not a valid counter there.
                name.strip_suffix("_total").map_or((name, "unknown"), |family| (family, "counter"))
            }
            (Kind::Gauge, Format::Text) => (name, "gauge"),
            (Kind::Gauge, Format::OpenMetrics) => {
                name.strip_suffix("_info").map_or((name, "gauge"), |family| (family, "info"))
            }
        }
    }

    fn labels(&mut self, labels: &str, bound: Option<f64>) {
        let comma = if labels.is_empty() { "" } else { "," };
        let _ = match (bound, self.format) {
            (None, _) if labels.is_empty() => Ok(()),
            (None, _) => write!(self.text, "{{{labels}}}"),
            (Some(f64::INFINITY), _) => write!(self.text, "{{{labels}{comma}le=\"+Inf\"}}"),
            (Some(bound), Format::Text) => write!(self.text, "{{{labels}{comma}le=\"{bound}\"}}"),
            // As the specification's "Considerations: Canonical Numbers" has it.
            (Some(bound), Format::OpenMetrics) => write!(self.text, "{{{labels}{comma}le=\"{bound:?}\"}}"),
        };
    }

    fn exemplar(&mut self, exemplar: &Exemplar) {
        let _ = write!(self.text, " # {{trace_id=\"{}\"", exemplar.trace_id);
        if let Some(span_id) = &exemplar.span_id {
            let _ = write!(self.text, ",span_id=\"{span_id}\"");
        }
        let time = exemplar.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let _ = write!(self.text, "}} {} {}.{:03}", exemplar.value, time.as_secs(), time.subsec_millis());
    }

    fn line(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string never fails.
        let _ = self.text.write_fmt(text);
        self.text.push('\n');
    }
}

/// A value that can be written as a sample.
pub(super) trait Number: Copy {
    /// Writes it as both formats have it.
    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Number for u64 {
    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self, f)
    }
}

impl Number for f64 {
    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            finite_or_nan => Display::fmt(&finite_or_nan, f),
        }
    }
}

struct Written<N>(N);

impl<N: Number> Display for Written<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }
}
