//! What happened between two scrapes.

use std::collections::BTreeMap;

use super::{Scrape, Selector, Series};

/// What was added to each series between two scrapes.
///
/// Counters: a series that is new counts from nothing; one that has become smaller has started again from nothing; one
/// that has vanished says nothing, and is no negative count (Envoy forgets the series of a listener that was replaced,
/// so what was counted on it since the first scrape is lost: where a step replaces listeners, scrape before it does).
/// Gauges: the difference of the values, for series that are in both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// By workload, instance and path; then by series.
    instances: BTreeMap<(String, String, String), BTreeMap<Series, f64>>,
    /// Instances of which one of the scrapes is missing, in words.
    pub missing: Vec<String>,
}

impl Difference {
    /// The difference from the earlier scrape to the later one.
    pub fn between(before: &Scrape, after: &Scrape) -> Self {
        let mut difference = Self::default();
        for ((name, path), now) in &after.instances {
            let then = before.instances.get(&(name.clone(), path.clone()));
            if then.is_none() && before.missing.iter().any(|gap| gap.instance == *name && gap.path == *path) {
                // It was there and did not answer: everything it ever counted would pass for new.
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

    /// The sum of what was added to all series that are selected, over all instances.
    pub fn sum(&self, selector: &Selector) -> f64 {
        self.selected(selector).map(|(_, _, change)| change).sum()
    }

    /// Instance, series and what was added, for all series that are selected and changed: to explain a sum.
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
