//! Reading the metrics of many instances at one time.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;

use super::{Selector, Snapshot};
use crate::traffic::{Address, get};

/// Where an instance publishes metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeTarget {
    /// The workload that it belongs to, such as `backend-v2`.
    pub workload: String,
    /// The instance's own name. A process that takes another's place has another name, or its counters start again
    /// from nothing; both are understood.
    pub instance: String,
    /// Where to connect.
    pub address: Address,
    /// The path, such as `/metrics` or `/stats/prometheus`.
    pub path: String,
}

/// What an instance published.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The workload that it belongs to.
    pub workload: String,
    /// Its series.
    pub snapshot: Snapshot,
}

/// An instance that could not be scraped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metrics of {instance} ({address}{path}): {reason}")]
pub struct Missing {
    /// The instance.
    pub instance: String,
    /// Where it was asked.
    pub address: String,
    /// The path it was asked for.
    pub path: String,
    /// What happened.
    pub reason: String,
}

/// What many instances published at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scrape {
    /// By an instance's name and the path, because one instance may publish on several (application and sidecar).
    pub instances: BTreeMap<(String, String), Instance>,
    /// Instances that did not answer. Their counts are missing from every sum: a check has to say so.
    pub missing: Vec<Missing>,
}

impl Scrape {
    /// Scrapes all targets at once, each within `timeout`.
    pub async fn take(targets: &[ScrapeTarget], timeout: Duration) -> Self {
        let mut scrape = Self::default();
        let results = join_all(targets.iter().map(|target| fetch(target, timeout))).await;
        for (target, result) in targets.iter().zip(results) {
            match result {
                Ok(snapshot) => {
                    let instance = Instance { workload: target.workload.clone(), snapshot };
                    scrape.instances.insert((target.instance.clone(), target.path.clone()), instance);
                }
                Err(reason) => scrape.missing.push(Missing {
                    instance: target.instance.clone(),
                    address: target.address.to_string(),
                    path: target.path.clone(),
                    reason,
                }),
            }
        }
        scrape
    }

    /// Whether there is any series that is selected.
    pub fn has(&self, selector: &Selector) -> bool {
        self.instances
            .values()
            .any(|instance| instance.snapshot.values.keys().any(|series| selector.accepts(&instance.workload, series)))
    }

    /// The sum of the present values of all series that are selected: for gauges.
    pub fn sum(&self, selector: &Selector) -> f64 {
        let series = self.instances.values().flat_map(|instance| {
            instance.snapshot.values.iter().map(|(series, value)| (instance.workload.as_str(), series, value))
        });
        series.filter(|(workload, series, _)| selector.accepts(workload, series)).map(|(_, _, value)| value).sum()
    }
}

async fn fetch(target: &ScrapeTarget, timeout: Duration) -> Result<Snapshot, String> {
    let reply = get(&target.address, "localhost", &target.path, timeout).await.map_err(|error| error.to_string())?;
    if !reply.status.is_success() {
        return Err(format!("status {} instead of 200", reply.status.as_u16()));
    }
    let text = std::str::from_utf8(&reply.body).map_err(|_| "the page is no UTF-8 text".to_owned())?;
    Snapshot::parse(text).map_err(|error| error.to_string())
}
