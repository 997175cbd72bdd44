//! The figures of a run as comma-separated values.

use std::time::Duration;

use crate::traffic::{Quantiles, Summary, VersionCount};

const HEADING: &str = "scope,service,name,requests,share,errors,p50_ms,p90_ms,p95_ms,p99_ms,p99.9_ms,max_ms\n";

/// One line for all requests, and one for each version, status and failure.
pub(super) fn format(summary: &Summary) -> String {
    let mut text = HEADING.to_owned();
    let errors = summary.statuses.range(400..).map(|(_, count)| count).sum::<u64>();
    text.push_str(&line(["all", "", ""], summary.requests, 1.0, Some(errors), summary.latency.as_ref()));
    let mut versions = |service: &str, name: &str, version: &VersionCount| {
        let latency = version.latency.as_ref();
        text.push_str(&line(["version", service, name], version.count, version.share, Some(version.errors), latency));
    };
    if summary.services.is_empty() {
        summary.versions.iter().for_each(|(name, version)| versions("", name, version));
    }
    for (service, all) in &summary.services {
        all.iter().for_each(|(name, version)| versions(service, name, version));
    }
    let share = |count: u64| count as f64 / summary.requests.max(1) as f64;
    for (status, count) in &summary.statuses {
        text.push_str(&line(["status", "", &status.to_string()], *count, share(*count), None, None));
    }
    for (kind, count) in &summary.failures {
        text.push_str(&line(["failure", "", kind.word()], *count, share(*count), None, None));
    }
    text
}

fn line(names: [&str; 3], requests: u64, share: f64, errors: Option<u64>, latency: Option<&Quantiles>) -> String {
    let ms = |of: fn(&Quantiles) -> Duration| {
        latency.map_or_else(String::new, |quantiles| format!("{:.3}", of(quantiles).as_secs_f64() * 1000.0))
    };
    let errors = errors.map_or_else(String::new, |errors| errors.to_string());
    let cells = [
        names.map(quoted).join(","),
        requests.to_string(),
        format!("{share:.6}"),
        errors,
        ms(|q| q.p50),
        ms(|q| q.p90),
        ms(|q| q.p95),
        ms(|q| q.p99),
        ms(|q| q.p999),
        ms(|q| q.max),
    ];
    format!("{}\n", cells.join(","))
}

/// A cell, in quotes if it must be (RFC 4180, section 2).
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::{Answer, FailureKind, Outcome, Sample, TrafficResult};

    #[test]
    fn every_line_has_the_cells_of_the_heading() {
        let answer = |status, version: &str| {
            Outcome::Answer(Answer { status, version: Some(version.to_owned()), ..Answer::default() })
        };
        let failure = Outcome::Failure { kind: FailureKind::Reset, detail: String::new() };
        let sample = |outcome| Sample { due: Duration::ZERO, latency: Duration::from_micros(1500), outcome };
        let samples = [answer(200, "v1"), answer(503, "a \"b\""), failure].map(sample).into();
        let text = format(&TrafficResult::of(samples).summary());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.matches(',').count() == 11), "{text}");
        for line in [
            "all,,,3,1.000000,1,1.500,1.500,1.500,1.500,1.500,1.500",
            "version,,\"a \"\"b\"\"\",1,0.500000,1,1.500,1.500,1.500,1.500,1.500,1.500",
            "status,,200,1,0.333333,,,,,,,",
            "failure,,reset,1,0.333333,,,,,,,",
        ] {
            assert!(lines.contains(&line), "{line} is not in\n{text}");
        }
    }
}
