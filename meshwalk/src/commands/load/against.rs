//! `--against BASE.json`: which differences between two runs are more than chance.

mod latencies;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{cli::WrongInput, commands::table::table, quantity::percent, stats::fisher, traffic::Summary};

/// Probability that at least one difference is reported as more than chance although nothing has changed.
const ERROR_PROBABILITY: f64 = 0.01;

/// The figures of a run that are compared: the part of `--output json` that is read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedFigures {
    requests: u64,
    planned_rate: f64,
    successes: u64,
    failures: BTreeMap<String, u64>,
    statuses: BTreeMap<String, u64>,
    versions: BTreeMap<String, SavedCount>,
    #[serde(default)]
    services: BTreeMap<String, BTreeMap<String, SavedCount>>,
    #[serde(default)]
    timeline: Vec<SavedInterval>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SavedCount {
    count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SavedInterval {
    start_ms: f64,
    requests: u64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// What is compared, and what the tests say of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct LoadComparison {
    /// Probability that any of `differences` is reported as more than chance although nothing has changed.
    error_probability: f64,
    differences: Vec<ChanceTest>,
    /// What could not be compared, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_compared: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ChanceTest {
    what: String,
    test: &'static str,
    base: f64,
    now: f64,
    p_value: f64,
    more_than_chance: bool,
}

impl SavedFigures {
    /// Reads the figures of an earlier run from its JSON.
    ///
    /// # Errors
    /// [`WrongInput`] for a file that is not readable or not such JSON.
    pub(super) fn read(path: &Path) -> Result<Self, WrongInput> {
        let wrong = |reason: String| {
            let path = path.display();
            WrongInput(format!("cannot read --against {path}: {reason}; the output of `load --output json` is needed"))
        };
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))
    }

    /// The figures of a run that has ended.
    ///
    /// # Errors
    /// The library's; none is known.
    pub(super) fn from_summary(summary: &Summary) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::to_value(summary)?)
    }

    /// Every share that can differ, by name: how many of how many.
    fn shares(&self) -> BTreeMap<String, (u64, u64)> {
        let mut shares = BTreeMap::from([("success".to_owned(), (self.successes, self.requests))]);
        for (name, counts) in [("status", &self.statuses), ("failure", &self.failures)] {
            shares.extend(counts.iter().map(|(key, count)| (format!("{name} {key}"), (*count, self.requests))));
        }
        let mut add = |prefix: &str, versions: &BTreeMap<String, SavedCount>| {
            let total: u64 = versions.values().map(|version| version.count).sum();
            shares.extend(versions.iter().map(|(key, one)| (format!("{prefix}version {key}"), (one.count, total))));
        };
        if self.services.is_empty() {
            add("", &self.versions);
        }
        self.services.iter().for_each(|(service, versions)| add(&format!("{service} "), versions));
        shares
    }

    /// What a share that did not occur is a share of.
    fn total_of(&self, what: &str) -> u64 {
        let same_base =
            |name: &str| name.rsplit_once(' ').map(|(prefix, _)| prefix) == what.rsplit_once(' ').map(|p| p.0);
        if !what.contains("version ") {
            return self.requests;
        }
        self.shares().into_iter().find(|(name, _)| same_base(name)).map_or(0, |(_, (_, total))| total)
    }

    /// The whole intervals; the last one may be cut short by the end of the run.
    fn intervals(&self) -> &[SavedInterval] {
        self.timeline.split_last().map_or(&[], |(_, whole)| whole)
    }

    /// Width of the intervals in milliseconds, or `None` with fewer than two of them.
    fn interval_ms(&self) -> Option<f64> {
        let [first, second, ..] = self.timeline.as_slice() else { return None };
        Some(second.start_ms - first.start_ms)
    }

    fn per_interval(&self) -> f64 {
        let intervals = self.intervals();
        let requests: u64 = intervals.iter().map(|interval| interval.requests).sum();
        requests as f64 / intervals.len().max(1) as f64
    }
}

/// Compares a run with an earlier one.
pub(super) fn compare(base: &SavedFigures, now: &SavedFigures) -> LoadComparison {
    let mut differences = Vec::new();
    let (base_shares, now_shares) = (base.shares(), now.shares());
    let names: std::collections::BTreeSet<&String> = base_shares.keys().chain(now_shares.keys()).collect();
    for what in names {
        let of = |shares: &BTreeMap<String, (u64, u64)>, figures: &SavedFigures| {
            shares.get(what).copied().unwrap_or_else(|| (0, figures.total_of(what)))
        };
        let ((base_count, base_total), (now_count, now_total)) = (of(&base_shares, base), of(&now_shares, now));
        if base_total > 0 && now_total > 0 {
            let p_value = fisher(base_count, base_total, now_count, now_total);
            let share = |count: u64, total: u64| count as f64 / total as f64;
            let (base, now) = (share(base_count, base_total), share(now_count, now_total));
            let (what, test) = (what.clone(), "Fisher");
            differences.push(ChanceTest { what, test, base, now, p_value, more_than_chance: false });
        }
    }
    let not_compared = match latencies::compare(base, now, differences.len()) {
        Ok(found) => {
            differences.extend(found);
            None
        }
        Err(reason) => Some(format!("latencies are not compared: {reason}")),
    };
    decide(&mut differences);
    LoadComparison { error_probability: ERROR_PROBABILITY, differences, not_compared }
}

/// Holm's procedure: the smallest of n p-values is compared with the error probability over n, the next one with that
/// over n - 1, and so on until one is larger.
fn decide(differences: &mut [ChanceTest]) {
    let mut order: Vec<usize> = (0..differences.len()).collect();
    let p_value = |index: &usize, all: &[ChanceTest]| all.get(*index).map_or(1.0, |difference| difference.p_value);
    order.sort_by(|a, b| p_value(a, differences).total_cmp(&p_value(b, differences)));
    for (location, index) in order.iter().enumerate() {
        if p_value(index, differences) > ERROR_PROBABILITY / (order.len() - location) as f64 {
            return;
        }
        if let Some(difference) = differences.get_mut(*index) {
            difference.more_than_chance = true;
        }
    }
}

/// The comparison as a table.
pub(super) fn show(comparison: &LoadComparison) -> String {
    let line = |difference: &ChanceTest| {
        let value = |value: f64| if difference.test == "Fisher" { percent(value) } else { format!("{value:.3}") };
        let verdict = if difference.more_than_chance { "more than chance" } else { "may be chance" };
        let p_value = format!("{:.2e}", difference.p_value);
        let cells = [value(difference.base), value(difference.now), difference.test.to_owned(), p_value];
        [vec![difference.what.clone()], cells.to_vec(), vec![verdict.to_owned()]].concat()
    };
    let lines: Vec<_> = comparison.differences.iter().map(line).collect();
    let mut text = table(&["AGAINST THE BASE", "BASE", "NOW", "TEST", "P-VALUE", "DIFFERENCE"], &lines);
    text.push_str(&format!(
        "with probability {} at most, a difference here is reported as more than chance although nothing has changed\n(Holm's procedure over Fisher's exact test for shares and the exact rank-sum test over intervals for latencies);\nthe rank-sum test assumes intervals that are independent of each other: a stall over several intervals may pass for\nmore than chance; a change of the machine between the runs is a change\n",
        percent(comparison.error_probability)
    ));
    if let Some(reason) = &comparison.not_compared {
        text.push_str(&format!("{reason}\n"));
    }
    text
}

#[cfg(test)]
mod tests;
