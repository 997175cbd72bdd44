//! Quantiles of the latency.

use std::time::Duration;

use super::{Evidence, Finding};
use crate::{
    lab::{
        Quantile,
        quantity::{Op, readable},
    },
    traffic::Latencies,
};

/// Compares a quantile with its limit.
pub(super) fn decide(quantile: Quantile, op: Op, limit: Duration, evidence: &Evidence, of: Option<&str>) -> Finding {
    let mut latencies = Latencies::default();
    for run in evidence.runs(of) {
        latencies.merge(&run.traffic.latencies(|_| true));
    }
    let Some(seen) = latencies.quantile(quantile.share()) else {
        return Finding::fails("no answer", "no request was answered, so there is no latency");
    };
    let observed = readable(seen);
    let n = latencies.len();
    if op.holds(seen.as_secs_f64(), limit.as_secs_f64(), 0.0) {
        return Finding::holds(observed, format!("over {n} requests, from when each was due"));
    }
    let late = evidence.runs(of).map(|run| run.traffic.lateness.p99).max().unwrap_or_default();
    // A generator that was late itself has measured itself.
    let own = if late * 4 > seen {
        format!("; the generator itself was late by {} (p99), so the machine may be too busy", readable(late))
    } else {
        String::new()
    };
    let why =
        format!("{} was {observed} over {n} requests; {op} {} was expected{own}", quantile.word(), readable(limit));
    Finding::fails(observed, why)
}
