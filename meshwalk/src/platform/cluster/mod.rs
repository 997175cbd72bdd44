//! A Kubernetes cluster with Istio as a target: everything goes through `kubectl`, as a user would do it.

mod arrival;
mod as_platform;
mod deployments;
mod endpoints;
mod files;
mod forward;
mod gateway;
mod kubectl;
mod leave;
mod objects;
mod permissions;
mod pods;
mod preflight;
mod snapshot;
mod traces;
mod workloads;

use std::{collections::BTreeSet, net::SocketAddr, sync::OnceLock, time::Duration};

use serde_json::Value;
use tokio::sync::OnceCell;

pub use kubectl::{Kubectl, Show};

use self::{forward::Forwards, gateway::GATEWAY_NAMESPACE, objects::Objects, pods::Pod, traces::Jaeger};
use super::{Control, PlatformError, Token, parsed};
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
pub struct ClusterPlatform {
    kubectl: Kubectl,
    forwards: Forwards,
    ways: AccessOptions,
    gateway: OnceCell<Option<SocketAddr>>,
    /// Who is told what is being waited for, again and again while it lasts.
    waiting: Show,
    token: Option<Token>,
    /// Set where one may not look at the gateway's pods.
    blind: OnceLock<bool>,
    /// Where traces are, or what is missing for them; looked for before the first lab.
    traces: OnceLock<Result<Jaeger, String>>,
}

/// Where things are reached from here, as far as the user says it.
#[derive(Debug, Clone, Default)]
pub struct AccessOptions {
    /// The URL of the ingress gateway.
    pub gateway: Option<String>,
    /// The URL of Jaeger's query API.
    pub traces: Option<String>,
}

impl ClusterPlatform {
    /// The cluster that `kubectl` reaches.
    #[must_use]
    pub fn new(kubectl: Kubectl, ways: AccessOptions) -> Self {
        let (forwards, gateway) = (Forwards::default(), OnceCell::new());
        let (waiting, blind, traces): (Show, _, _) = (Box::new(|_| {}), OnceLock::new(), OnceLock::new());
        Self { kubectl, forwards, ways, gateway, waiting, token: None, blind, traces }
    }

    /// The same, with somebody who is told what is being waited for, again and again while it lasts.
    #[must_use]
    pub fn telling(self, waiting: Show) -> Self {
        Self { waiting, ..self }
    }

    /// The same, with what the control ports ask for.
    #[must_use]
    pub fn with_token(self, token: Option<Token>) -> Self {
        Self { token, ..self }
    }

    async fn pods(&self) -> Result<Vec<Pod>, PlatformError> {
        let list = self.kubectl.get(&["get", "pods", "-o", "json"]).await?;
        let list: Value = parsed("listing the pods", &list)?;
        let pods = pods::read(&list);
        let namespace = self.kubectl.namespace().name();
        self.forwards.keep_only(namespace, |to| pods.iter().any(|pod| pod.path() == to)).await;
        Ok(pods)
    }

    async fn objects(&self) -> Result<Objects, PlatformError> {
        let list = self.kubectl.get(&["get", &objects::KINDS.join(","), "-o", "json"]).await?;
        Ok(objects::read(&parsed("listing Istio's objects", &list)?))
    }

    /// Whether a pod, as port-forwards name it, is there and not about to end.
    async fn has_pod(&self, namespace: &str, path: &str) -> Result<bool, PlatformError> {
        if namespace == self.kubectl.namespace().name() {
            return Ok(self.pods().await?.iter().any(|pod| pod.path() == path));
        }
        Ok(self.gateway_pods().await?.iter().any(|pod| pod == path))
    }

    async fn pod(&self, what: &str, name: &str) -> Result<Pod, PlatformError> {
        let pods = self.pods().await?;
        let names: Vec<_> = pods.iter().map(|pod| pod.instance.name.clone()).collect();
        pods.into_iter().find(|pod| pod.instance.name == name).ok_or_else(|| {
            PlatformError::failed(what, format!("there is no pod {name:?}; there are {}", names.join(", ")))
        })
    }

    /// The local address of one of the ports beside a pod's own one.
    async fn side(&self, pod: &Pod, port: u16) -> Result<SocketAddr, PlatformError> {
        let ports = if pod.sidecar.is_some() { SIDE } else { SIDE_OF_AN_OUTSIDER };
        self.forwards.reach(&self.kubectl, self.kubectl.namespace().name(), &pod.path(), ports, port).await
    }

    /// The way to an application's control port.
    async fn control<'a>(&'a self, pod: &'a Pod) -> Result<Control<'a>, PlatformError> {
        let address = Address::Tcp(self.side(pod, CONTROL).await?);
        Ok(Control { instance: &pod.instance.name, address, token: self.token.as_ref() })
    }

    /// Where the pods of these workloads publish metrics.
    async fn pages(&self, workloads: &[String]) -> Result<Vec<evidence::ScrapeTarget>, PlatformError> {
        let pods = self.pods().await?;
        let there: BTreeSet<_> = pods.iter().map(|pod| pod.instance.workload.as_str()).collect();
        if let Some(missing) = workloads.iter().find(|workload| !there.contains(workload.as_str())) {
            let there: Vec<_> = there.into_iter().collect();
            let why = format!("there is no such workload; there are {}", there.join(", "));
            return Err(PlatformError::failed(format!("reading the metrics of {missing}"), why));
        }
        let mut pages = Vec::new();
        for pod in pods.iter().filter(|pod| workloads.contains(&pod.instance.workload)) {
            let proxy = pod.sidecar.is_some().then_some((SIDECAR_METRICS, "/stats/prometheus"));
            for (port, path) in proxy.into_iter().chain([(METRICS, "/metrics")]) {
                pages.push(evidence::ScrapeTarget {
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
