//! Computes the changes of metrics between two scrapes.

use std::collections::BTreeMap;

use super::{Scrape, Selector, Series};

/// Increase of each series between two scrapes.
///
/// Counters: a new series counts from 0, and one that has decreased was reset to 0. A series that has disappeared is
/// ignored. Envoy removes the series of a replaced listener, which loses its counts since the first scrape, so scrape
/// before a step replaces listeners.
///
/// Gauges: the difference of the values, for series in both scrapes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricsDifference {
    /// Increase by workload, instance and path, then by series.
    instances: BTreeMap<(String, String, String), BTreeMap<Series, f64>>,
    /// Instances that are missing in one of the scrapes, with the reason.
    pub missing: Vec<String>,
}

impl MetricsDifference {
    /// Computes the difference between an earlier and a later scrape.
    pub fn between(before: &Scrape, after: &Scrape) -> Self {
        let mut difference = Self::default();
        for ((name, path), now) in &after.instances {
            let then = before.instances.get(&(name.clone(), path.clone()));
            if then.is_none() && before.missing.iter().any(|gap| gap.instance == *name && gap.path == *path) {
                // The instance existed and did not answer, so all of its counts would appear to be new.
                continue;
            }
            let changes = now.snapshot.values.iter().filter_map(|(series, value)| {
                let past = then.and_then(|then| then.snapshot.values.get(series)).copied();
                let change = if now.snapshot.is_cumulative(&series.name) {
                    past.filter(|past| past <= value).map_or(*value, |past| value - past)
                } else {
                    value - past?
                };
                Some((series.clone(), change))
            });
            let key = (now.workload.clone(), name.clone(), path.clone());
            difference.instances.insert(key, changes.collect());
        }
        difference.missing = before.missing.iter().chain(&after.missing).map(ToString::to_string).collect();
        difference
    }

    /// Returns the total increase of all selected series, over all instances.
    pub fn sum(&self, selector: &Selector) -> f64 {
        self.selected(selector).map(|(_, _, change)| change).sum()
    }

    /// Lists instance, series and increase of all selected series that changed, to explain a sum.
    pub fn changes<'a>(&'a self, selector: &'a Selector) -> impl Iterator<Item = (&'a str, &'a Series, f64)> {
        self.selected(selector).filter(|(_, _, change)| *change != 0.0)
    }

    fn selected<'a>(&'a self, selector: &'a Selector) -> impl Iterator<Item = (&'a str, &'a Series, f64)> {
        self.instances.iter().flat_map(move |((workload, instance, _), changes)| {
            let fits = move |series: &Series| selector.accepts(workload, series);
            changes.iter().filter(move |(series, _)| fits(series)).map(|(s, change)| (instance.as_str(), s, *change))
        })
    }
}

#[cfg(test)]
mod tests;
