//! The figures of a run in the formats of `--output`.

use clap::ValueEnum;
use serde::Serialize;

use super::{against, against::LoadComparison, csv, figures, prometheus};
use crate::{
    checks::{Status, Verdict},
    traffic::{Plan, Summary, TrafficResult},
};

/// A format of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables for people.
    Table,
    /// One JSON object; `--against` reads it back.
    Json,
    /// One line for all requests, and one for each version, status and failure.
    Csv,
    /// Metrics in the Prometheus text format, for a node exporter's text file or a push gateway.
    Prometheus,
}

/// Everything that a run has to show.
pub(super) struct LoadReport<'a> {
    pub(super) plan: &'a Plan,
    pub(super) traffic: &'a TrafficResult,
    pub(super) summary: &'a Summary,
    pub(super) checks: &'a [Verdict],
    pub(super) comparison: Option<&'a LoadComparison>,
}

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    checks: &'a [Verdict],
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<&'a LoadComparison>,
}

impl LoadReport<'_> {
    /// The report in a format.
    ///
    /// # Errors
    /// The JSON library's; none is known.
    pub(super) fn format(&self, format: Format) -> serde_json::Result<String> {
        Ok(match format {
            Format::Table => format!("{}{}", figures::show(self.plan, self.traffic), self.decisions()),
            Format::Json => serde_json::to_string_pretty(&Json {
                summary: self.summary,
                checks: self.checks,
                against: self.comparison,
            })?,
            Format::Csv => csv::format(self.summary),
            Format::Prometheus => prometheus::format(self.traffic, self.summary),
        })
    }

    /// The checks and the comparison, for people.
    pub(super) fn decisions(&self) -> String {
        let mut text = String::new();
        for check in self.checks {
            let mark = if check.status == Status::Passed { "✓" } else { "✗" };
            text.push_str(&format!("\n{mark} {} {}: {}\n", check.name, check.expected, check.observed));
            text.push_str(&format!("  {}\n", check.reason));
        }
        if let Some(comparison) = self.comparison {
            text.push_str(&format!("\n{}", against::show(comparison)));
        }
        text
    }
}
