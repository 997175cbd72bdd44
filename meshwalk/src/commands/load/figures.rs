//! The figures of a run for a terminal.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    commands::table::table,
    traffic::{Plan, Quantiles, Summary, TrafficResult, VersionCount},
};

/// Lateness of the generator (p99) from which held-back requests are put down to it rather than to the connections.
const LATE: Duration = Duration::from_millis(10);

/// The figures as tables.
pub(super) fn show(plan: &Plan, traffic: &TrafficResult) -> String {
    let summary = traffic.summary();
    let mut text = heading(plan, &summary);
    for part in [versions(plan, &summary), statuses(&summary), failures(traffic, &summary), latencies(&summary)] {
        if !part.is_empty() {
            text.push('\n');
            text.push_str(&part);
        }
    }
    text.push('\n');
    text.push_str(&generator(&summary));
    text
}

fn heading(plan: &Plan, summary: &Summary) -> String {
    let connections = if plan.fresh_connections { "fresh connections" } else { "kept connections" };
    let mut text = format!(
        "{} {} to {} (Host: {}): {} requests in {:.2} s, {:.1}/s of {:.1}/s planned, {} {connections}\n",
        plan.method,
        plan.path,
        plan.address,
        plan.authority,
        summary.requests,
        summary.took.as_secs_f64(),
        summary.achieved_rate,
        summary.planned_rate,
        summary.connections,
    );
    if summary.interrupted {
        let rest = summary.planned - summary.requests - summary.abandoned;
        text.push_str(&format!("interrupted: {} requests abandoned in flight, {rest} not sent\n", summary.abandoned));
    }
    text
}

/// By version of the service that was asked for, or of each service in the call trees.
fn versions(plan: &Plan, summary: &Summary) -> String {
    let heading = ["VERSION", "ANSWERS", "SHARE", "ERRORS", "P50", "P99"];
    match &plan.service {
        Some(service) if summary.versions.is_empty() => format!("no answer names a version of {service}\n"),
        Some(_) => table(&heading, &summary.versions.iter().map(version).collect::<Vec<_>>()),
        None if summary.services.is_empty() => String::new(),
        None => {
            let of_service = |(service, versions): (&String, &BTreeMap<String, VersionCount>)| -> Vec<Vec<String>> {
                versions.iter().map(|line| [vec![service.clone()], version(line)].concat()).collect()
            };
            let lines: Vec<_> = summary.services.iter().flat_map(of_service).collect();
            table(&[&["SERVICE"], &heading[..]].concat(), &lines)
        }
    }
}

fn version((name, figures): (&String, &VersionCount)) -> Vec<String> {
    let at = |of: fn(&Quantiles) -> Duration| figures.latency.as_ref().map_or("-".to_owned(), |q| ms(of(q)));
    let count = [name.clone(), figures.count.to_string(), percent(figures.share), figures.errors.to_string()];
    [count.to_vec(), vec![at(|q| q.p50), at(|q| q.p99)]].concat()
}

fn statuses(summary: &Summary) -> String {
    if summary.statuses.is_empty() {
        return String::new();
    }
    let line = |(status, count): (&u16, &u64)| vec![status.to_string(), count.to_string(), part(*count, summary)];
    table(&["STATUS", "ANSWERS", "SHARE"], &summary.statuses.iter().map(line).collect::<Vec<_>>())
}

fn failures(traffic: &TrafficResult, summary: &Summary) -> String {
    if summary.failures.is_empty() && summary.requests == 0 {
        // Nothing has come to an end, so there is nothing to say of how.
        return String::new();
    }
    if summary.failures.is_empty() {
        return "every request got an HTTP answer\n".to_owned();
    }
    let details = traffic.failure_details();
    let line = |(kind, count): (&crate::traffic::FailureKind, &u64)| {
        let detail = details.get(kind).cloned().unwrap_or_default();
        vec![kind.to_string(), count.to_string(), part(*count, summary), detail]
    };
    let lines: Vec<_> = summary.failures.iter().map(line).collect();
    table(&["FAILURE", "REQUESTS", "SHARE", "MOSTLY"], &lines)
}

fn latencies(summary: &Summary) -> String {
    let Some(q) = &summary.latency else { return String::new() };
    let cells = [q.p50, q.p90, q.p95, q.p99, q.p999, q.max].map(ms).to_vec();
    let lines = table(&["P50", "P90", "P95", "P99", "P99.9", "MAX"], &[cells]);
    format!("latency from when requests were due, of answers and timeouts\n{lines}")
}

fn generator(summary: &Summary) -> String {
    let (late, in_flight) = (&summary.lateness, &summary.in_flight);
    let mut text = format!(
        "the generator itself was late by {} (p50), {} (p99), {} (max); {} requests in flight at most, {} allowed\n",
        ms(late.p50),
        ms(late.p99),
        ms(late.max),
        in_flight.peak,
        in_flight.bound,
    );
    if in_flight.held_back > 0 {
        let cause = if late.p99 > LATE {
            "requests came in bursts, because the generator was late: this machine is too busy for the rate".to_owned()
        } else if in_flight.peak < in_flight.bound {
            "all HTTP/2 streams that the server allows were in use; see --connections".to_owned()
        } else {
            format!("{} were in flight; see --connections, --max-in-flight and ulimit -n", in_flight.bound)
        };
        let longest = ms(in_flight.longest_wait);
        text.push_str(&format!("{} requests were held back, up to {longest}: {cause}\n", in_flight.held_back));
    }
    text
}

fn part(count: u64, summary: &Summary) -> String {
    percent(count as f64 / summary.requests as f64)
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::{Address, Answer, FailureKind, InFlight, Outcome, Sample};

    fn plan() -> Plan {
        let address = Address::Tcp(([127, 0, 0, 1], 8080).into());
        let plan = Plan::get(address, "meshwalk.localhost", "/api/hello", 100.0, Duration::from_millis(40));
        Plan { service: Some("backend".to_owned()), ..plan }
    }

    fn sample(due_ms: u64, outcome: Outcome) -> Sample {
        Sample { due: Duration::from_millis(due_ms), latency: Duration::from_micros(1500), outcome }
    }

    #[test]
    fn versions_statuses_failures_and_latencies_are_shown() {
        let answer = |status, version: &str| {
            Outcome::Answer(Answer { status, version: Some(version.to_owned()), ..Answer::default() })
        };
        let reset = Outcome::Failure { kind: FailureKind::Reset, detail: "before an answer: connection closed".into() };
        let outcomes = [answer(200, "v1"), answer(200, "v1"), answer(503, "v2"), reset];
        let samples = outcomes.into_iter().zip([0, 10, 20, 30]).map(|(outcome, due)| sample(due, outcome)).collect();
        let text = show(&plan(), &TrafficResult { rate: 100.0, ..TrafficResult::of(samples) });
        for line in [
            "GET /api/hello to 127.0.0.1:8080 (Host: meshwalk.localhost): 4 requests in 0.03 s, 100.0/s of 100.0/s \
             planned",
            "v1       2        66.67 %  0       1.50 ms  1.50 ms",
            "v2       1        33.33 %  1       1.50 ms  1.50 ms",
            "503     1        25.00 %",
            "reset    1         25.00 %  before an answer: connection closed",
            "1.50 ms  1.50 ms  1.50 ms  1.50 ms  1.50 ms  1.50 ms",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        assert!(!text.contains("held back") && !text.contains("interrupted"));
    }

    #[test]
    fn without_a_service_each_one_of_the_tree_is_shown() {
        let answer = |backend: &str| {
            let services = [("frontend", "v1"), ("backend", backend)];
            let services = services.map(|(name, version)| (name.to_owned(), version.to_owned())).into();
            Outcome::Answer(Answer { status: 200, services, ..Answer::default() })
        };
        let samples = ["v1", "v1", "v1", "v2"].map(|version| sample(0, answer(version))).into();
        let text = show(&Plan { service: None, ..plan() }, &TrafficResult::of(samples));
        for line in [
            "SERVICE   VERSION  ANSWERS  SHARE     ERRORS  P50      P99",
            "backend   v1       3        75.00 %   0       1.50 ms  1.50 ms",
            "backend   v2       1        25.00 %   0       1.50 ms  1.50 ms",
            "frontend  v1       4        100.00 %  0       1.50 ms  1.50 ms",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn held_back_requests_name_their_cause() {
        let in_flight = InFlight { bound: 7, peak: 7, held_back: 3, ..InFlight::default() };
        let mut summary = TrafficResult { in_flight, ..TrafficResult::default() }.summary();
        let text = generator(&summary);
        assert!(text.contains("3 requests were held back") && text.contains("7 were in flight"), "{text}");
        summary.in_flight.peak = 6;
        let text = generator(&summary);
        assert!(text.contains("all HTTP/2 streams that the server allows were in use"), "{text}");
        summary.lateness.p99 = Duration::from_millis(20);
        let text = generator(&summary);
        assert!(text.contains("this machine is too busy") && !text.contains("--connections"), "{text}");
    }

    #[test]
    fn an_interrupted_run_without_an_answer_says_so() {
        let traffic =
            TrafficResult { planned: 4, sent: 3, abandoned: 3, interrupted: true, ..TrafficResult::default() };
        let text = show(&plan(), &traffic);
        assert!(text.contains("interrupted: 3 requests abandoned in flight, 1 not sent"), "{text}");
        assert!(text.contains("no answer names a version of backend"), "{text}");
        assert!(!text.contains("every request got an HTTP answer"), "{text}");
    }
}
