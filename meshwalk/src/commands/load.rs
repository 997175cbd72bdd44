//! `meshwalk load URL`: requests at a planned rate, and a table of what became of them.

mod against;
mod args;
mod csv;
pub(super) mod destination;
mod display;
mod figures;
mod output;
mod prometheus;

use std::process::ExitCode;

use against::SavedFigures;
pub use args::Args;
use display::Display;
use output::{Format, LoadReport};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    checks::Check,
    checks::{self, Evidence, Run, Status, Verdict},
    cli,
    traffic::{self, RunError, TrafficResult},
};

/// Sends the requests and prints the figures.
///
/// # Errors
/// [`cli::WrongInput`] for a URL, a header or a number that cannot be used; or if this process runs out of descriptors
/// or ports. Failed requests are not an error.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let destination = destination::find(&args.url, args.to.unix.as_deref(), args.to.host.as_deref()).await?;
    let plan = args.plan(destination)?;
    // Read before the run, so that a wrong file does not cost one.
    let base = args.against.as_deref().map(SavedFigures::read).transpose()?;
    let mut display = Display::new(&plan);
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    };
    let traffic = traffic::run(&plan, |progress| display.show(progress), stop).await;
    display.clear();
    let traffic = traffic.map_err(|error| match error {
        RunError::Plan(wrong) => anyhow::Error::new(cli::WrongInput(wrong.to_string())),
        other => anyhow::Error::new(other),
    })?;
    let (traffic, verdicts) = decide(&args.expect, traffic);
    let summary = traffic.summary();
    let comparison = match &base {
        Some(base) => Some(against::compare(base, &SavedFigures::from_summary(&summary)?)),
        None => None,
    };
    let (plan, traffic, summary, checks, comparison) = (&plan, &traffic, &summary, &verdicts[..], comparison.as_ref());
    let report = LoadReport { plan, traffic, summary, checks, comparison };
    cli::print(&report.format(args.format())?);
    if matches!(args.format(), Format::Csv | Format::Prometheus) {
        // These formats have no place for it.
        eprint_decisions(&report);
    }
    let breached = verdicts.iter().any(|verdict| verdict.status != Status::Passed);
    let failed = breached || all_failed(traffic) || (args.fail_on_error && has_errors(traffic));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn eprint_decisions(report: &LoadReport<'_>) {
    let decisions = report.decisions();
    if !decisions.is_empty() {
        cli::eprint_progress(decisions.trim());
    }
}

/// Decides the checks as a lab does. They fail where an interruption left requests without an outcome: those are not a
/// random part of all requests, because slow requests are the last ones to end.
fn decide(expected: &[Check], traffic: TrafficResult) -> (TrafficResult, Vec<Verdict>) {
    if traffic.unfinished() > 0 {
        let verdicts = expected.iter().map(|check| interrupted(check, &traffic)).collect();
        return (traffic, verdicts);
    }
    let mut evidence = Evidence { runs: vec![Run { name: "load".to_owned(), traffic }], ..Evidence::default() };
    let verdicts = expected.iter().map(|check| checks::decide(check, &evidence)).collect();
    (evidence.runs.pop().map(|run| run.traffic).unwrap_or_default(), verdicts)
}

fn interrupted(check: &Check, traffic: &TrafficResult) -> Verdict {
    let unfinished = traffic.unfinished();
    Verdict {
        name: checks::name(check),
        expected: checks::expected(check),
        observed: format!("interrupted: {unfinished} of {} requests have no outcome", traffic.requests() + unfinished),
        status: Status::Failed,
        reason: "a check needs the outcome of every request that was due; let the run end".to_owned(),
    }
}

/// Whether there were requests and none of them got an HTTP answer.
fn all_failed(traffic: &TrafficResult) -> bool {
    traffic.requests() > 0 && traffic.failed() == traffic.requests()
}

fn has_errors(traffic: &TrafficResult) -> bool {
    traffic.failed() > 0 || traffic.count(|answer| answer.status >= 400) > 0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        checks::check_of_expression,
        traffic::{Answer, Outcome, Sample},
    };

    #[test]
    fn checks_fail_where_an_interruption_left_requests_without_an_outcome() {
        let outcome = Outcome::Answer(Answer { status: 200, ..Answer::default() });
        let samples = vec![Sample { due: Duration::ZERO, latency: Duration::ZERO, outcome }; 5];
        let checks = ["success 100%", "p99 <= 1h"].map(|text| check_of_expression(text).unwrap());
        let complete = TrafficResult { interrupted: true, ..TrafficResult::of(samples) };
        let (complete, verdicts) = decide(&checks, complete);
        assert!(verdicts.iter().all(|verdict| verdict.status == Status::Passed), "{verdicts:?}");
        for (abandoned, waiting) in [(3, 0), (0, 3), (1, 2)] {
            let (_, verdicts) = decide(&checks, TrafficResult { abandoned, waiting, ..complete.clone() });
            for verdict in verdicts {
                assert_eq!(verdict.status, Status::Failed);
                assert_eq!(verdict.observed, "interrupted: 3 of 8 requests have no outcome");
            }
        }
    }
}
