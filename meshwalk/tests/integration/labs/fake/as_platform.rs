//! What the fake does as a target.

use std::{collections::BTreeMap, path::PathBuf};

use meshwalk::{
    evidence::{self, Scrape},
    lab::{Entrance, PlatformKind},
    platform::{
        Action, Description, Entry, FaultChange, FaultRule, Instance, Platform, PlatformError, Reply, Snapshot, Span,
    },
    traffic::Address,
};
use serde_json::json;

use super::Fake;

impl Platform for Fake {
    fn kind(&self) -> PlatformKind {
        PlatformKind::Local
    }

    fn describe(&self) -> Reply<'_, Description> {
        let versions = BTreeMap::from([("envoy".to_owned(), "none".to_owned())]);
        Box::pin(async { Ok(Description { platform: PlatformKind::Local, name: "fake <&>".to_owned(), versions }) })
    }

    fn apply<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(async { self.set(files, "apply") })
    }

    fn delete<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(async { self.set(files, "delete") })
    }

    fn snapshot(&self) -> Reply<'_, Snapshot> {
        Box::pin(async {
            let inner = self.inner.lock().unwrap();
            let documents = inner.in_force.iter().map(|(path, line)| json!([path, line])).collect();
            Ok(Snapshot {
                documents,
                faults: inner.faults.clone(),
                replicas: inner.replicas.clone(),
                workloads: None,
                of: None,
            })
        })
    }

    fn restore<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, ()> {
        Box::pin(async {
            if self.restore_fails {
                return Err(PlatformError::failed("putting back", "the mesh is gone"));
            }
            let documents: Vec<(PathBuf, String)> =
                snapshot.documents.iter().map(|d| serde_json::from_value(d.clone()).unwrap()).collect();
            let mut inner = self.inner.lock().unwrap();
            inner.in_force = documents.into_iter().collect();
            inner.faults.clone_from(&snapshot.faults);
            inner.replicas.clone_from(&snapshot.replicas);
            inner.changes.push("restore".to_owned());
            Ok(())
        })
    }

    fn instances(&self) -> Reply<'_, Vec<Instance>> {
        Box::pin(async move {
            let inner = self.inner.lock().unwrap();
            let mut instances = Vec::new();
            for version in ["v1", "v2"] {
                let workload = format!("backend-{version}");
                let count = inner.replicas.get(&workload).copied().unwrap_or(1);
                let first = inner.restarts.get(&workload).copied().unwrap_or_default() * 10 + 1;
                instances.extend((first..first + count).map(|number| Instance {
                    name: format!("{workload}-{number}"),
                    workload: workload.clone(),
                    service: "backend".to_owned(),
                    version: Some(version.to_owned()),
                    ready: true,
                }));
            }
            Ok(instances)
        })
    }

    fn restart<'a>(&'a self, deployment: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            // Longer than the half of a traffic that is left when it begins.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let mut inner = self.inner.lock().unwrap();
            inner.changes.push(format!("restart {deployment}"));
            *inner.restarts.entry(deployment.to_owned()).or_default() += 1;
            Ok(())
        })
    }

    fn scale<'a>(&'a self, deployment: &'a str, replicas: u32) -> Reply<'a, ()> {
        Box::pin(async move {
            let mut inner = self.inner.lock().unwrap();
            inner.changes.push(format!("scale {deployment} {replicas}"));
            inner.replicas.insert(deployment.to_owned(), replicas);
            Ok(())
        })
    }

    fn change_faults<'a>(&'a self, instance: &'a str, change: FaultChange<'a>) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            let mut inner = self.inner.lock().unwrap();
            let (FaultChange::Add(rules) | FaultChange::Replace(rules)) = change else {
                inner.changes.push(format!("faults {instance}"));
                inner.faults.remove(instance);
                return Ok(Vec::new());
            };
            if self.refuses == Some(instance) {
                let what = format!("setting the faults of {instance}");
                return Err(PlatformError::Refused { what, why: "unknown mode".to_owned() });
            }
            inner.changes.push(format!("faults {instance} {rules}"));
            inner.faults.insert(instance.to_owned(), rules.to_owned());
            Ok(vec![FaultRule { id: "r1".to_owned(), rule: rules.to_owned(), ..FaultRule::default() }])
        })
    }

    fn faults<'a>(&'a self, instance: &'a str) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            if self.unreachable == Some(instance) {
                return Err(PlatformError::failed(format!("asking {instance} for its faults"), "nobody is there"));
            }
            let inner = self.inner.lock().unwrap();
            let rule = |rule: &String| FaultRule {
                id: "bad".to_owned(),
                rule: rule.clone(),
                mode: "error".to_owned(),
                fired: inner.injected,
                ..FaultRule::default()
            };
            Ok(inner.faults.get(instance).map(rule).into_iter().collect())
        })
    }

    fn entry(&self, from: Entrance) -> Reply<'_, Entry> {
        let entry = Entry { address: Address::Tcp(self.address), authority: from.word().to_owned(), caveat: None };
        Box::pin(async move { Ok(entry) })
    }

    fn scrape<'a>(&'a self, workloads: &'a [String]) -> Reply<'a, Scrape> {
        Box::pin(async move {
            let inner = self.inner.lock().unwrap();
            let page = format!(
                "# TYPE istio_requests_total counter\nistio_requests_total{{reporter=\"destination\"}} {}\n\
                 # TYPE meshwalk_faults_injected_total counter\nmeshwalk_faults_injected_total{{rule=\"bad\"}} {}\n",
                inner.v2_requests, inner.injected
            );
            let instance = |workload: &String| {
                let snapshot = evidence::MetricsPage::parse(&page).unwrap();
                (
                    (format!("{workload}-1"), "/".to_owned()),
                    evidence::ScrapedInstance { workload: workload.clone(), snapshot },
                )
            };
            Ok(Scrape { instances: workloads.iter().map(instance).collect(), missing: Vec::new() })
        })
    }

    fn trace<'a>(&'a self, _id: &'a str) -> Reply<'a, Vec<Span>> {
        let span = |id: &str, parent: Option<&str>, service: &str, start| Span {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            service: service.to_owned(),
            start,
        };
        Box::pin(async move { Ok(vec![span("2", Some("1"), "backend", 2), span("1", None, "frontend", 1)]) })
    }

    fn command<'a>(&'a self, action: &'a Action<'a>) -> Reply<'a, String> {
        Box::pin(async move { Ok(format!("{action:?}")) })
    }

    fn outlives(&self) -> bool {
        self.outlives
    }
}
