//! The figures of a run in the Prometheus text format.

use std::fmt::Write;

use crate::traffic::{Summary, TrafficResult, VersionCount};

/// The metrics of a run.
pub(super) fn format(traffic: &TrafficResult, summary: &Summary) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, series: &[(String, f64)]| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP meshwalk_load_{name} {help}\n# TYPE meshwalk_load_{name} {kind}");
        for (labels, value) in series {
            let _ = writeln!(text, "meshwalk_load_{labels} {value}");
        }
    };
    let count = |value: u64| value as f64;
    let statuses = summary.statuses.iter();
    let answers: Vec<_> =
        statuses.map(|(status, value)| (format!("answers_total{{status=\"{status}\"}}"), count(*value))).collect();
    metric("answers_total", "counter", "HTTP answers by status.", &answers);
    let failures: Vec<_> = summary
        .failures
        .iter()
        .map(|(kind, value)| (format!("failures_total{{kind=\"{kind}\"}}"), count(*value)))
        .collect();
    metric("failures_total", "counter", "Requests without an HTTP answer.", &failures);
    metric("version_answers_total", "counter", "Answers by version of a service.", &versions(summary));
    let planned = [("planned_requests_per_second".to_owned(), summary.planned_rate)];
    metric("planned_requests_per_second", "gauge", "Planned rate.", &planned);
    let achieved = [("achieved_requests_per_second".to_owned(), summary.achieved_rate)];
    metric("achieved_requests_per_second", "gauge", "Rate at which requests were sent.", &achieved);
    let held_back = [("held_back_total".to_owned(), count(summary.in_flight.held_back))];
    metric("held_back_total", "counter", "Requests that waited for a connection or an HTTP/2 stream.", &held_back);
    metric(
        "connections_total",
        "counter",
        "Connections opened.",
        &[("connections_total".to_owned(), count(summary.connections))],
    );
    let latencies = traffic.latencies(|_| true);
    let quantile = |value: f64| {
        let latency = latencies.quantile(value).unwrap_or_default().as_secs_f64();
        (format!("latency_seconds{{quantile=\"{value}\"}}"), latency)
    };
    let mut series: Vec<_> = [0.5, 0.9, 0.95, 0.99, 0.999, 1.0].map(quantile).into();
    if latencies.is_empty() {
        series.clear();
    }
    series.push(("latency_seconds_sum".to_owned(), latencies.sum().as_secs_f64()));
    series.push(("latency_seconds_count".to_owned(), count(latencies.len())));
    metric("latency_seconds", "summary", "Latency from when requests were due, of answers and timeouts.", &series);
    text
}

fn versions(summary: &Summary) -> Vec<(String, f64)> {
    let line = |service: &str, version: &str, counted: &VersionCount| {
        let labels = format!("service=\"{}\",version=\"{}\"", escaped(service), escaped(version));
        (format!("version_answers_total{{{labels}}}"), counted.count as f64)
    };
    if summary.services.is_empty() {
        return summary.versions.iter().map(|(version, counted)| line("", version, counted)).collect();
    }
    let services = summary.services.iter();
    services.flat_map(|(service, all)| all.iter().map(|(version, counted)| line(service, version, counted))).collect()
}

/// A label's value as the text format needs it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::traffic::{Answer, Outcome, Sample};

    #[test]
    fn metrics_have_a_type_and_the_counts_of_the_run() {
        let answer = Answer { status: 200, version: Some("v\"1".to_owned()), ..Answer::default() };
        let outcome = Outcome::Answer(answer);
        let sample = Sample { due: Duration::ZERO, latency: Duration::from_millis(2), outcome };
        let traffic = TrafficResult::of(vec![sample.clone(), sample]);
        let text = format(&traffic, &traffic.summary());
        for line in [
            "# TYPE meshwalk_load_answers_total counter",
            "meshwalk_load_answers_total{status=\"200\"} 2",
            "meshwalk_load_version_answers_total{service=\"\",version=\"v\\\"1\"} 2",
            "# TYPE meshwalk_load_latency_seconds summary",
            "meshwalk_load_latency_seconds{quantile=\"0.99\"} 0.002",
            "meshwalk_load_latency_seconds_count 2",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
        let empty = TrafficResult::default();
        assert!(!format(&empty, &empty.summary()).contains("quantile"));
    }
}
