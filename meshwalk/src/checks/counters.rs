//! Counters of proxies and applications, before and after traffic, and their growth.

use std::collections::BTreeMap;

use super::MetricQuery;
use crate::{
    evidence::{MetricsDifference, Scrape, Selector},
    platform::FaultRule,
};

/// Counters at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counters {
    /// Metrics of proxies and applications.
    pub scrape: Scrape,
    /// Number of injected faults by instance and rule, with the rule's mode.
    fired: BTreeMap<(String, String), (String, u64)>,
}

/// Growth of counters between two times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Growth {
    metrics: MetricsDifference,
    faults: BTreeMap<String, u64>,
}

impl Counters {
    /// Adds the fault rules of an instance.
    pub fn add_faults(&mut self, instance: &str, rules: Vec<FaultRule>) {
        for rule in rules {
            self.fired.insert((instance.to_owned(), rule.id), (rule.mode, rule.fired));
        }
    }

    /// Returns the growth of these counters since earlier ones. A new rule counts from 0.
    #[must_use]
    pub fn since(&self, before: &Self) -> Growth {
        let mut faults = BTreeMap::new();
        for (rule, (mode, now)) in &self.fired {
            let then = before.fired.get(rule).map_or(0, |(_, then)| *then);
            // A rule of the same name with a lower count is a new rule.
            *faults.entry(mode.clone()).or_default() += if *now < then { *now } else { now - then };
        }
        Growth { metrics: MetricsDifference::between(&before.scrape, &self.scrape), faults }
    }
}

impl Growth {
    /// Returns the growth of a metric, summed over all matching series.
    #[must_use]
    pub fn metric(&self, query: &MetricQuery) -> f64 {
        self.metrics.sum(&query.selector())
    }

    /// Lists every series of a metric that grew, whatever its labels. Only labels of the query are shown, because a
    /// proxy's series has dozens.
    #[must_use]
    pub fn series(&self, query: &MetricQuery) -> Vec<String> {
        let mut shown = BTreeMap::<String, f64>::new();
        for (_, series, grown) in self.metrics.changes(&Selector::named(&query.name).of(&query.workload)) {
            let value = |name: &str| series.labels.get(name).map_or("", String::as_str);
            let labels: Vec<_> = query.labels.keys().map(|name| format!("{name}={:?}", value(name))).collect();
            *shown.entry(format!("{{{}}}", labels.join(","))).or_default() += grown;
        }
        shown.into_iter().map(|(labels, grown)| format!("{labels} by {grown}")).collect()
    }

    /// Returns the number of faults of a mode that the applications injected.
    #[must_use]
    pub fn faults(&self, mode: &str) -> u64 {
        self.faults.get(mode).copied().unwrap_or_default()
    }

    /// Lists the instances whose metrics are missing, if any.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        (!self.metrics.missing.is_empty()).then(|| self.metrics.missing.join("; "))
    }
}
