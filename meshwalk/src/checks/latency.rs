//! `p50`, `p90`, `p95`, `p99` and `max`: quantiles of the latency.

use std::time::Duration;

use meshwalk_yaml::Entry;

use super::{CheckSpec, Evidence, Finding, Scope};
use crate::{
    quantity::{self, Op, readable},
    reader::Reader,
    traffic::{Latencies, Sample, units},
};

/// Expects a bound on a quantile of the latency, counted from when a request was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency(pub Quantile, pub Op, pub Duration);

/// A quantile of the latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Each is the quantile of its name.
pub enum Quantile {
    P50,
    P90,
    P95,
    P99,
    Max,
}

impl Quantile {
    /// All quantiles, in the order of [`Latency::WORDS`].
    const ALL: [Self; 5] = [Self::P50, Self::P90, Self::P95, Self::P99, Self::Max];

    /// The share of the requests that are not slower.
    fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P90 => 0.9,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
            Self::Max => 1.0,
        }
    }
}

impl Latency {
    fn accepts(&self, latency: Duration) -> bool {
        self.1.holds(latency.as_secs_f64(), self.2.as_secs_f64(), 0.0)
    }
}

impl CheckSpec for Latency {
    const WORDS: &'static [&'static str] = &["p50", "p90", "p95", "p99", "max"];
    const SCOPE: Scope = Scope::Traffic;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        let (_, quantile) = Self::WORDS.iter().zip(Quantile::ALL).find(|(word, _)| **word == entry.key)?;
        reader.parsed(&entry.value, at, |text| match quantity::comparison(text) {
            (Some(op @ (Op::AtLeast | Op::AtMost)), rest) => Ok(Self(quantile, op, units::duration(rest)?)),
            _ => Err(format!("`{text}` is no bound; write `<=` or `>=` and a duration, as `\"<= 500ms\"`")),
        })
    }

    fn name(&self) -> String {
        Self::WORDS[self.0 as usize].to_owned()
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
        let Some(seen) = latencies.quantile(self.0.share()) else {
            return Finding::fails("no answer", "no request was answered, so there is no latency");
        };
        let observed = readable(seen);
        let n = latencies.len();
        if self.accepts(seen) {
            return Finding::holds(observed, format!("over {n} requests, from when each was due"));
        }
        let late = evidence.runs(of).map(|run| run.traffic.lateness.p99).max().unwrap_or_default();
        // A generator that was late has measured itself.
        let own = if late * 4 > seen {
            format!("; the generator itself was late by {} (p99), so the machine may be too busy", readable(late))
        } else {
            String::new()
        };
        let why = format!("{} was {observed} over {n} requests; {} was expected{own}", self.name(), self.expected());
        Finding::fails(observed, why)
    }
}
