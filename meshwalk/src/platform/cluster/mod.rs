//! A Kubernetes cluster with Istio as a platform. Every operation runs `kubectl`, as a user would.

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
mod proxy_sync;
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

/// Port of the application.
const APP: &[u16] = &[8080];
/// Ports of the application's metrics, its control interface and the sidecar's metrics.
const SIDE: &[u16] = &[8081, 8082, 15090];
/// Ports of the application's metrics and its control interface, for a pod without a sidecar.
const SIDE_OF_AN_OUTSIDER: &[u16] = &[8081, 8082];
const METRICS: u16 = 8081;
const CONTROL: u16 = 8082;
const SIDECAR_METRICS: u16 = 15090;
/// Time limit for a page of metrics through a port-forward.
const PAGE: Duration = Duration::from_secs(10);
/// Note about the latency that a port-forward adds.
const FORWARDED: &str = "the requests go through a kubectl port-forward, which adds latency of its own";

/// Cluster, selected by a context and a namespace.
pub struct ClusterPlatform {
    kubectl: Kubectl,
    forwards: Forwards,
    ways: AccessOptions,
    gateway: OnceCell<Option<SocketAddr>>,
    /// Callback that repeatedly receives a message during a wait.
    waiting: Show,
    token: Option<Token>,
    /// Set if the user may not list the gateway's pods.
    blind: OnceLock<bool>,
    /// Address of Jaeger, or what is missing for traces. Detected before the first lab.
    traces: OnceLock<Result<Jaeger, String>>,
}

/// Addresses of services of the cluster that the user has set.
#[derive(Debug, Clone, Default)]
pub struct AccessOptions {
    /// URL of the ingress gateway.
    pub gateway: Option<String>,
    /// URL of Jaeger's query API.
    pub traces: Option<String>,
}

impl ClusterPlatform {
    /// Creates a platform for the cluster that `kubectl` reaches.
    #[must_use]
    pub fn new(kubectl: Kubectl, ways: AccessOptions) -> Self {
        let (forwards, gateway) = (Forwards::default(), OnceCell::new());
        let (waiting, blind, traces): (Show, _, _) = (Box::new(|_| {}), OnceLock::new(), OnceLock::new());
        Self { kubectl, forwards, ways, gateway, waiting, token: None, blind, traces }
    }

    /// Sets a callback that repeatedly receives a message during a wait.
    #[must_use]
    pub fn telling(self, waiting: Show) -> Self {
        Self { waiting, ..self }
    }

    /// Sets the token that control ports require.
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

    /// Returns true if a pod, named as for a port-forward, exists and is not terminating.
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

    /// Returns the local address for one of a pod's ports other than the application's.
    async fn side(&self, pod: &Pod, port: u16) -> Result<SocketAddr, PlatformError> {
        let ports = if pod.sidecar.is_some() { SIDE } else { SIDE_OF_AN_OUTSIDER };
        self.forwards.reach(&self.kubectl, self.kubectl.namespace().name(), &pod.path(), ports, port).await
    }

    /// Returns the control port of an application.
    async fn control<'a>(&'a self, pod: &'a Pod) -> Result<Control<'a>, PlatformError> {
        let address = Address::Tcp(self.side(pod, CONTROL).await?);
        Ok(Control { instance: &pod.instance.name, address, token: self.token.as_ref() })
    }

    /// Returns the metrics endpoints of the pods of these workloads.
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
