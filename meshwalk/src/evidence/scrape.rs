//! Reads the metrics of many instances at the same time.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;

use super::{MetricsPage, Selector};
use crate::traffic::{Address, get};

/// Metrics endpoint of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeTarget {
    /// Workload of the instance, such as `backend-v2`.
    pub workload: String,
    /// Name of the instance. A process that replaces another has another name, or its counters are reset to 0; both are
    /// handled.
    pub instance: String,
    /// Address to connect to.
    pub address: Address,
    /// Path, such as `/metrics` or `/stats/prometheus`.
    pub path: String,
}

/// Metrics of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct ScrapedInstance {
    /// Workload of the instance.
    pub workload: String,
    /// Series of the instance.
    pub snapshot: MetricsPage,
}

/// ScrapedInstance that could not be scraped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metrics of {instance} ({address}{path}): {reason}")]
pub struct ScrapeFailure {
    /// Name of the instance.
    pub instance: String,
    /// Address that was contacted.
    pub address: String,
    /// Path that was requested.
    pub path: String,
    /// Error of the request or the parser.
    pub reason: String,
}

/// Metrics of many instances at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scrape {
    /// Metrics by instance name and path, because an instance may have several endpoints (application and sidecar).
    pub instances: BTreeMap<(String, String), ScrapedInstance>,
    /// Instances that did not answer. Every sum lacks their counts, and a check must report them.
    pub missing: Vec<ScrapeFailure>,
}

impl Scrape {
    /// Scrapes all targets at the same time, each within `timeout`.
    pub async fn take(targets: &[ScrapeTarget], timeout: Duration) -> Self {
        let mut scrape = Self::default();
        let results = join_all(targets.iter().map(|target| fetch(target, timeout))).await;
        for (target, result) in targets.iter().zip(results) {
            match result {
                Ok(snapshot) => {
                    let instance = ScrapedInstance { workload: target.workload.clone(), snapshot };
                    scrape.instances.insert((target.instance.clone(), target.path.clone()), instance);
                }
                Err(reason) => scrape.missing.push(ScrapeFailure {
                    instance: target.instance.clone(),
                    address: target.address.to_string(),
                    path: target.path.clone(),
                    reason,
                }),
            }
        }
        scrape
    }

    /// Returns true if any series is selected.
    pub fn has(&self, selector: &Selector) -> bool {
        self.instances
            .values()
            .any(|instance| instance.snapshot.values.keys().any(|series| selector.accepts(&instance.workload, series)))
    }

    /// Returns the sum of the current values of all selected series, for gauges.
    pub fn sum(&self, selector: &Selector) -> f64 {
        let series = self.instances.values().flat_map(|instance| {
            instance.snapshot.values.iter().map(|(series, value)| (instance.workload.as_str(), series, value))
        });
        series.filter(|(workload, series, _)| selector.accepts(workload, series)).map(|(_, _, value)| value).sum()
    }
}

async fn fetch(target: &ScrapeTarget, timeout: Duration) -> Result<MetricsPage, String> {
    let reply = get(&target.address, "localhost", &target.path, timeout).await.map_err(|error| error.to_string())?;
    if !reply.status.is_success() {
        return Err(format!("status {} instead of 200", reply.status.as_u16()));
    }
    let text = std::str::from_utf8(&reply.body).map_err(|_| "the page is not UTF-8 text".to_owned())?;
    MetricsPage::parse(text).map_err(|error| error.to_string())
}
