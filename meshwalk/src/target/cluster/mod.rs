//! A Kubernetes cluster with Istio as a target: everything goes through `kubectl`, as a user would do it.

mod as_target;
mod files;
mod forward;
mod gateway;
mod kubectl;
mod objects;
mod plain_http;
mod pods;
mod preflight;
mod routes;

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use http::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::OnceCell;

pub use kubectl::{Kubectl, Show};

use self::{forward::Forwards, gateway::GATEWAY_NAMESPACE, objects::Objects, pods::Pod};
use super::{FaultRule, TargetError};
use crate::{evidence, traffic::Address};

/// The application's own port.
const APP: &[u16] = &[8080];
/// The application's metrics, its control port, and the sidecar's metrics.
const SIDE: &[u16] = &[8081, 8082, 15090];
/// The same of a pod without a sidecar.
const SIDE_OF_AN_OUTSIDER: &[u16] = &[8081, 8082];
const METRICS: u16 = 8081;
const CONTROL: u16 = 8082;
const SIDECAR_METRICS: u16 = 15090;
/// How long a page of metrics may take through a port-forward.
const PAGE: Duration = Duration::from_secs(10);
/// What a port-forward does to a latency.
const FORWARDED: &str = "the requests go through a kubectl port-forward, which adds latency of its own";

/// A cluster, by a context and a namespace.
pub struct ClusterTarget {
    kubectl: Kubectl,
    forwards: Forwards,
    gateway_url: Option<String>,
    gateway: OnceCell<Option<SocketAddr>>,
}

impl ClusterTarget {
    /// The cluster that `kubectl` reaches; `gateway_url` says where its ingress gateway is reached from here.
    #[must_use]
    pub fn new(kubectl: Kubectl, gateway_url: Option<String>) -> Self {
        Self { kubectl, forwards: Forwards::default(), gateway_url, gateway: OnceCell::new() }
    }

    async fn pods(&self) -> Result<Vec<Pod>, TargetError> {
        let list = self.kubectl.get(&["get", "pods", "-o", "json"]).await?;
        let list: Value = parsed("listing the pods", &list)?;
        let pods = pods::read(&list);
        let namespace = self.kubectl.namespace().name();
        self.forwards.keep_only(namespace, |to| pods.iter().any(|pod| pod.path() == to)).await;
        Ok(pods)
    }

    async fn objects(&self) -> Result<Objects, TargetError> {
        let list = self.kubectl.get(&["get", &objects::KINDS.join(","), "-o", "json"]).await?;
        Ok(objects::read(&parsed("listing Istio's objects", &list)?))
    }

    async fn pod(&self, what: &str, name: &str) -> Result<Pod, TargetError> {
        let pods = self.pods().await?;
        let names: Vec<_> = pods.iter().map(|pod| pod.instance.name.clone()).collect();
        pods.into_iter().find(|pod| pod.instance.name == name).ok_or_else(|| {
            TargetError::failed(what, format!("there is no pod {name:?}; there are {}", names.join(", ")))
        })
    }

    /// The local address of one of the ports beside a pod's own one.
    async fn side(&self, pod: &Pod, port: u16) -> Result<SocketAddr, TargetError> {
        let ports = if pod.sidecar.is_some() { SIDE } else { SIDE_OF_AN_OUTSIDER };
        self.forwards.reach(&self.kubectl, self.kubectl.namespace().name(), &pod.path(), ports, port).await
    }

    /// One question to an application's control port.
    async fn ask(&self, what: &str, pod: &Pod, method: Method, body: &str) -> Result<String, TargetError> {
        let address = self.side(pod, CONTROL).await?;
        let asked = plain_http::request(address, method, "/faults", body).await;
        let (status, answer) = asked.map_err(|error| TargetError::failed(what, error))?;
        match status {
            status if status.is_success() => Ok(answer),
            StatusCode::BAD_REQUEST => Err(TargetError::Refused { what: what.to_owned(), why: answer }),
            status => Err(TargetError::failed(what, format!("{status}: {answer}"))),
        }
    }

    async fn rules(&self, what: &str, pod: &Pod) -> Result<Vec<FaultRule>, TargetError> {
        #[derive(serde::Deserialize)]
        struct Listing {
            rules: Vec<FaultRule>,
        }
        let answer = self.ask(what, pod, Method::GET, "").await?;
        parsed::<Listing>(what, &answer).map(|listing| listing.rules)
    }

    async fn set(&self, pod: &Pod, rules: &str) -> Result<(), TargetError> {
        let what = format!("setting the faults of {}", pod.instance.name);
        self.ask(&what, pod, Method::DELETE, "").await?;
        if !rules.trim().is_empty() {
            self.ask(&what, pod, Method::POST, rules).await?;
        }
        Ok(())
    }

    async fn put_back(&self, then: &Objects) -> Result<(), TargetError> {
        let way = objects::way_back(&self.objects().await?, then);
        for (kind, name) in &way.delete {
            let arguments = self.kubectl.arguments(&["delete", kind, name, "--ignore-not-found"]);
            self.kubectl.show(&Kubectl::line(&arguments));
            self.kubectl.run(&arguments, None).await?;
        }
        for (verb, items) in [("create", &way.create), ("replace", &way.replace)] {
            if !items.is_empty() {
                let arguments = self.kubectl.arguments(&[verb, "-f", "-"]);
                let names: Vec<_> = items.iter().filter_map(|item| item["metadata"]["name"].as_str()).collect();
                self.kubectl.show(&format!("{}  # as found: {}", Kubectl::line(&arguments), names.join(", ")));
                self.kubectl.run(&arguments, Some(&objects::list(items))).await?;
            }
        }
        Ok(())
    }

    /// Where the pods of these workloads publish metrics.
    async fn pages(&self, workloads: &[String]) -> Result<Vec<evidence::Target>, TargetError> {
        let pods = self.pods().await?;
        let there: BTreeSet<_> = pods.iter().map(|pod| pod.instance.workload.as_str()).collect();
        if let Some(missing) = workloads.iter().find(|workload| !there.contains(workload.as_str())) {
            let there: Vec<_> = there.into_iter().collect();
            let why = format!("there is no such workload; there are {}", there.join(", "));
            return Err(TargetError::failed(format!("reading the metrics of {missing}"), why));
        }
        let mut pages = Vec::new();
        for pod in pods.iter().filter(|pod| workloads.contains(&pod.instance.workload)) {
            let proxy = pod.sidecar.is_some().then_some((SIDECAR_METRICS, "/stats/prometheus"));
            for (port, path) in proxy.into_iter().chain([(METRICS, "/metrics")]) {
                pages.push(evidence::Target {
                    workload: pod.instance.workload.clone(),
                    instance: pod.instance.name.clone(),
                    address: Address::Tcp(self.side(pod, port).await?),
                    path: path.to_owned(),
                });
            }
        }
        Ok(pages)
    }
}

fn parsed<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, TargetError> {
    serde_json::from_str(text)
        .map_err(|error| TargetError::failed(what, format!("the answer cannot be read ({error}): {text}")))
}
