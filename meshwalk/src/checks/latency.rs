//! `p50`, `p90`, `p95`, `p99` and `max`: quantiles of the latency.

use std::time::Duration;

use super::{CheckSpec, Entry, Evidence, Finding, Reader, Sample, Scope};
use crate::{
    quantity::{self, Op, readable},
    traffic::{Latencies, units},
};

/// Expects a bound on a quantile of the latency, counted from when a request was due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency(pub Quantile, pub Op, pub Duration);

/// Quantile of the latency: its key in a lab, and the share of the requests that are not slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile(&'static str, f64);

impl Quantile {
    /// The quantile that one request in a hundred exceeds.
    pub const P99: Self = Self("p99", 0.99);
    const ALL: [Self; 5] = [Self("p50", 0.5), Self("p90", 0.9), Self("p95", 0.95), Self::P99, Self("max", 1.0)];
}

impl Latency {
    fn accepts(&self, latency: Duration) -> bool {
        self.1.holds(latency.as_secs_f64(), self.2.as_secs_f64(), 0.0)
    }
}

impl CheckSpec for Latency {
    const WORDS: &'static [&'static str] = &{
        let [p50, p90, p95, p99, max] = Quantile::ALL;
        [p50.0, p90.0, p95.0, p99.0, max.0]
    };
    const SCOPE: Scope = Scope::Traffic;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        let quantile = Quantile::ALL.into_iter().find(|quantile| quantile.0 == entry.key)?;
        reader.parsed(&entry.value, at, |text| match quantity::comparison(text) {
            (Some(op @ (Op::AtLeast | Op::AtMost)), rest) => Ok(Self(quantile, op, units::duration(rest)?)),
            _ => Err(format!("`{text}` is not a valid bound; write `<=` or `>=` and a duration, as `\"<= 500ms\"`")),
        })
    }

    fn name(&self) -> String {
        self.0.0.to_owned()
    }

    fn expected(&self) -> String {
        format!("{} {}", self.1, readable(self.2))
    }

    fn check_probe(&self) -> Result<(), &'static str> {
        Ok(())
    }

    fn holds_for_one(&self, sample: &Sample) -> bool {
        self.accepts(sample.latency)
    }

    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        let mut latencies = Latencies::default();
        for run in evidence.runs(of) {
            latencies.merge(&run.traffic.latencies(|_| true));
        }
        let Some(seen) = latencies.quantile(self.0.1) else {
            return Finding::fails("no answer", "no request was answered, so there is no latency");
        };
        let observed = readable(seen);
        let n = latencies.len();
        if self.accepts(seen) {
            return Finding::holds(observed, format!("over {n} requests, from when each was due"));
        }
        let late = evidence.runs(of).map(|run| run.traffic.lateness.p99).max().unwrap_or_default();
        // Latencies are invalid if the load generator was late, because they include its own delay.
        let own = if late * 4 > seen {
            format!("; the generator itself was late by {} (p99), so the machine may be too busy", readable(late))
        } else {
            String::new()
        };
        let why = format!("{} was {observed} over {n} requests; {} was expected{own}", self.name(), self.expected());
        Finding::fails(observed, why)
    }
}
