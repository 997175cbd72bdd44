//! The Prometheus text format, as the workload and Envoy write it.
//!
//! Follows the exposition format's version 0.0.4 ("Text-based format" of Prometheus' documentation). What its
//! successor OpenMetrics adds (`# EOF`, `# UNIT`, exemplars after a value) is read over.

use std::collections::BTreeMap;

use super::labels;

/// What a metric counts, from its `# TYPE` line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, or starts again from nothing.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts by bucket, a sum and a count; all of them only grow.
    Histogram,
    /// Quantiles, which go up and down, with a sum and a count, which only grow.
    Summary,
    /// Nothing was said.
    #[default]
    Untyped,
}

/// A metric's name with its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The name as printed: with `_bucket`, `_sum` or `_count` for the parts of a histogram.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What one instance published at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The value of each series. A series that is printed twice (two names of Envoy's that become the same in this
    /// format) has their sum.
    pub values: BTreeMap<Series, f64>,
    /// The kind of each metric that says it, by the name in its `# TYPE` line.
    pub kinds: BTreeMap<String, Kind>,
}

/// A line that is no Prometheus text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {expected}, found {found:?}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What would be right.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

impl Snapshot {
    /// Reads a page in Prometheus' text format.
    ///
    /// # Errors
    /// A [`SyntaxError`] at the first line that is none; numbers that are only half read are no evidence.
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

    /// The kind of a series: that of the metric it belongs to.
    pub fn kind(&self, name: &str) -> Kind {
        let family = |suffix: &str| name.strip_suffix(suffix).and_then(|family| self.kinds.get(family));
        let part = || ["_bucket", "_sum", "_count", "_total"].into_iter().find_map(family);
        self.kinds.get(name).or_else(part).copied().unwrap_or_default()
    }

    /// Whether a series only grows, so that its difference is a number of events.
    pub fn is_cumulative(&self, name: &str) -> bool {
        let has_suffix = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        match self.kind(name) {
            Kind::Counter | Kind::Histogram => true,
            Kind::Gauge => false,
            Kind::Summary => has_suffix(&["_sum", "_count"]),
            Kind::Untyped => has_suffix(&["_total", "_bucket", "_sum", "_count"]),
        }
    }

    fn read_comment(&mut self, comment: &str) {
        let mut words = comment.split_ascii_whitespace();
        if words.next() == Some("TYPE")
            && let (Some(name), Some(kind)) = (words.next(), words.next())
        {
            let kind = match kind {
                "counter" => Kind::Counter,
                "gauge" => Kind::Gauge,
                "histogram" => Kind::Histogram,
                "summary" => Kind::Summary,
                _ => Kind::Untyped,
            };
            self.kinds.insert(name.to_owned(), kind);
        }
    }
}

/// Reads `name{label="value",…} number [time]`. The error is what is left where it went wrong, and what would be right.
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
    // Behind the value stand a time stamp or, in OpenMetrics, an exemplar; neither is needed.
    let time = after.split('#').next().unwrap_or_default().trim();
    if !time.is_empty() && time.parse::<f64>().is_err() {
        return Err((after, "a time stamp or the end of the line was expected"));
    }
    Ok((Series { name: name.to_owned(), labels }, value))
}

#[cfg(test)]
mod tests;
