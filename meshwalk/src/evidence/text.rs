//! Parses the Prometheus text format, as the workload and Envoy write it.
//!
//! Implements version 0.0.4 of the exposition format ("Text-based format" of Prometheus' documentation). Additions of
//! its successor OpenMetrics (`# EOF`, `# UNIT`, exemplars after a value) are ignored.

use std::collections::BTreeMap;

use super::labels;

/// Type of a metric, from its `# TYPE` line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetricKind {
    /// Counter, which increases until it is reset to 0.
    Counter,
    /// Gauge, which increases and decreases.
    Gauge,
    /// Counts by bucket, a sum and a count; all of them only increase.
    Histogram,
    /// Quantiles, which increase and decrease, with a sum and a count, which only increase.
    Summary,
    /// No type was given.
    #[default]
    Untyped,
}

/// Name of a metric with its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// Name as printed, including `_bucket`, `_sum` or `_count` for the parts of a histogram.
    pub name: String,
    /// Labels of the series.
    pub labels: BTreeMap<String, String>,
}

/// Metrics that one instance published at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricsPage {
    /// Value of each series. A series that is printed twice has the sum of its values, because two names in Envoy may
    /// become the same in this format.
    pub values: BTreeMap<Series, f64>,
    /// Type of each metric that has a `# TYPE` line, by the name in that line.
    pub kinds: BTreeMap<String, MetricKind>,
}

/// Line that is not valid Prometheus text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {expected}, found {found:?}")]
pub struct SyntaxError {
    /// Number of the line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Expected text.
    pub expected: &'static str,
    /// Text found instead.
    pub found: String,
}

impl MetricsPage {
    /// Parses a page in Prometheus' text format.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] at the first invalid line, because a partial page is not evidence.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut snapshot = Self::default();
        for (index, line) in text.lines().enumerate() {
            let content = line.trim_matches([' ', '\t', '\r']);
            if let Some(comment) = content.strip_prefix('#') {
                snapshot.read_comment(comment);
            } else if !content.is_empty() {
                let (series, value) = read_sample(content).map_err(|(rest, expected)| {
                    let at = line.len() - line.trim_start_matches([' ', '\t']).len() + content.len() - rest.len();
                    SyntaxError {
                        line: index + 1,
                        column: line.get(..at).map_or(0, |before| before.chars().count()) + 1,
                        expected,
                        found: rest.chars().take(30).collect(),
                    }
                })?;
                *snapshot.values.entry(series).or_default() += value;
            }
        }
        Ok(snapshot)
    }

    /// Returns the type of a series, which is that of its metric.
    pub fn kind(&self, name: &str) -> MetricKind {
        let family = |suffix: &str| name.strip_suffix(suffix).and_then(|family| self.kinds.get(family));
        let part = || ["_bucket", "_sum", "_count", "_total"].into_iter().find_map(family);
        self.kinds.get(name).or_else(part).copied().unwrap_or_default()
    }

    /// Returns true if a series only increases, so that its difference is a number of events.
    pub fn is_cumulative(&self, name: &str) -> bool {
        let has_suffix = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        match self.kind(name) {
            MetricKind::Counter | MetricKind::Histogram => true,
            MetricKind::Gauge => false,
            MetricKind::Summary => has_suffix(&["_sum", "_count"]),
            MetricKind::Untyped => has_suffix(&["_total", "_bucket", "_sum", "_count"]),
        }
    }

    fn read_comment(&mut self, comment: &str) {
        let mut words = comment.split_ascii_whitespace();
        if words.next() == Some("TYPE")
            && let (Some(name), Some(kind)) = (words.next(), words.next())
        {
            let kind = match kind {
                "counter" => MetricKind::Counter,
                "gauge" => MetricKind::Gauge,
                "histogram" => MetricKind::Histogram,
                "summary" => MetricKind::Summary,
                _ => MetricKind::Untyped,
            };
            self.kinds.insert(name.to_owned(), kind);
        }
    }
}

/// Parses `name{label="value",…} number [time]`. The error contains the rest of the line and what was expected.
fn read_sample(line: &str) -> Result<(Series, f64), (&str, &'static str)> {
    let (name, rest) = labels::name(line, true).ok_or((line, "a metric's name was expected"))?;
    let rest = rest.trim_start();
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => labels::read(inner)?,
        None => (BTreeMap::new(), rest),
    };
    let rest = rest.trim_start();
    let (number, after) = rest.split_at(rest.find([' ', '\t']).unwrap_or(rest.len()));
    let value = number.parse().map_err(|_| (rest, "a number was expected"))?;
    let after = after.trim_start();
    // A time stamp or, in OpenMetrics, an exemplar may follow the value. Neither is used.
    let time = after.split('#').next().unwrap_or_default().trim();
    if !time.is_empty() && time.parse::<f64>().is_err() {
        return Err((after, "a time stamp or the end of the line was expected"));
    }
    Ok((Series { name: name.to_owned(), labels }, value))
}

#[cfg(test)]
mod tests;
