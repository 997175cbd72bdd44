//! Waits until every proxy knows every ready pod.
//!
//! Kubernetes reports a rollout as complete when its pods are ready. A proxy learns of their addresses some hundred
//! milliseconds later, and until then answers "no healthy upstream" or leaves a replica out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::{
    ClusterPlatform,
    pods::Pod,
    proxy_sync::{Proxy, WORKERS},
};
use crate::platform::PlatformError;

/// Time limit for the proxies to learn of all ready pods.
const LIMIT: Duration = Duration::from_secs(30);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(250);

/// Addresses of the hosts of a proxy's clusters, by the cluster's name.
type Hosts = BTreeMap<String, BTreeSet<String>>;

/// What the proxies still lack.
enum Lack {
    /// A sentence about a ready pod that a proxy does not know.
    Endpoint(String),
    /// A proxy did not answer.
    Answer(PlatformError),
}

impl ClusterPlatform {
    /// Returns when each sidecar of the namespace and each ingress gateway has each ready pod among the endpoints of its
    /// service, in the whole service and in the subset named like the pod's version. A proxy that does not know the
    /// service at all (a Sidecar resource may hide it) is not waited for.
    ///
    /// After 30 s the first difference is printed, and the lab continues.
    ///
    /// # Errors
    /// A proxy that still does not answer after 30 s, or a failure of `kubectl`.
    pub(super) async fn wait_for_endpoints(&self) -> Result<(), PlatformError> {
        let deadline = Instant::now() + LIMIT;
        let mut has_waited = false;
        while let Some(lack) = self.first_lack().await? {
            if Instant::now() > deadline {
                return match lack {
                    Lack::Endpoint(missing) => {
                        self.kubectl.remark(&missing);
                        Ok(())
                    }
                    Lack::Answer(error) => Err(error),
                };
            }
            has_waited = true;
            tokio::time::sleep(PAUSE).await;
        }
        if has_waited {
            tokio::time::sleep(WORKERS).await;
        }
        Ok(())
    }

    /// The first thing that a proxy lacks, or `None` if all of them know every ready pod.
    async fn first_lack(&self) -> Result<Option<Lack>, PlatformError> {
        let pods = self.pods().await?;
        let namespace = self.kubectl.namespace().name();
        let sidecars = pods.iter().filter(|pod| pod.sidecar == Some(true) && pod.instance.ready);
        let mut proxies: Vec<Proxy> = sidecars.map(|pod| (namespace.to_owned(), pod.path())).collect();
        proxies.extend(self.gateway_pods().await?.into_iter().map(|pod| (super::GATEWAY_NAMESPACE.to_owned(), pod)));
        for proxy in &proxies {
            let clusters = match self.ask_proxy(proxy, "/clusters?format=json").await {
                Ok(clusters) => clusters,
                // A pod that has ended since the listing has no proxy to wait for.
                Err(_) if !self.has_pod(&proxy.0, &proxy.1).await? => continue,
                Err(error) => return Ok(Some(Lack::Answer(error))),
            };
            let hosts = hosts(&clusters);
            if let Some(pod) = pods.iter().find(|pod| pod.instance.ready && is_missing(&hosts, namespace, pod)) {
                let (proxy, pod) = (&proxy.1, &pod.instance.name);
                let sentence = format!("the proxy of {proxy} does not know the ready pod {pod} after {LIMIT:?}");
                return Ok(Some(Lack::Endpoint(sentence)));
            }
        }
        Ok(None)
    }
}

fn hosts(clusters: &Value) -> Hosts {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let address = |host: &Value| {
        let address = &host["address"];
        // Tunnelled by HBONE, an endpoint is an internal listener's address with the pod's address and port as its id.
        let tunnelled = || Some(address["envoy_internal_address"]["endpoint_id"].as_str()?.rsplit_once(':')?.0);
        address["socket_address"]["address"].as_str().or_else(tunnelled).map(str::to_owned)
    };
    let cluster = |cluster: &Value| {
        let name = cluster["name"].as_str()?.to_owned();
        Some((name, list(&cluster["host_statuses"]).iter().filter_map(address).collect()))
    };
    list(&clusters["cluster_statuses"]).iter().filter_map(cluster).collect()
}

/// True if a cluster that the pod belongs to lacks its address. Istio names clusters
/// `outbound|PORT|SUBSET|SERVICE.NAMESPACE.svc.DOMAIN`.
fn is_missing(hosts: &Hosts, namespace: &str, pod: &Pod) -> bool {
    let Some(address) = &pod.address else { return true };
    let service = format!("{}.{namespace}.svc.", pod.instance.service);
    hosts.iter().any(|(name, known)| {
        let mut parts = name.splitn(4, '|');
        let (direction, subset, host) = (parts.next(), parts.nth(1), parts.next());
        let of_the_pod = subset == Some("") || subset == pod.instance.version.as_deref();
        direction == Some("outbound")
            && of_the_pod
            && host.is_some_and(|host| host.starts_with(&service))
            && !known.contains(address)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::platform::Instance;

    fn pod() -> Pod {
        let instance = Instance {
            name: "backend-v1-1".into(),
            workload: "backend-v1".into(),
            service: "backend".into(),
            version: Some("v1".into()),
            ready: true,
        };
        Pod { instance, sidecar: Some(true), labels: BTreeMap::new(), address: Some("10.0.0.7".into()) }
    }

    fn known(clusters: &[(&str, &[&str])]) -> Hosts {
        let host = |address: &&str| json!({"address": {"socket_address": {"address": address}}});
        let status = |(name, known): &(&str, &[&str])| json!({"name": name, "host_statuses": known.iter().map(host).collect::<Vec<_>>()});
        hosts(&json!({"cluster_statuses": clusters.iter().map(status).collect::<Vec<_>>()}))
    }

    #[test]
    fn pod_is_missing_while_its_service_or_its_subset_lacks_its_address() {
        let (whole, v1, v2) = (
            "outbound|8080||backend.meshwalk.svc.cluster.local",
            "outbound|8080|v1|backend.meshwalk.svc.cluster.local",
            "outbound|8080|v2|backend.meshwalk.svc.cluster.local",
        );
        for (clusters, missing) in [
            (known(&[(whole, &["10.0.0.7"]), (v1, &["10.0.0.7"]), (v2, &["10.0.0.8"])]), false),
            (known(&[(whole, &["10.0.0.7"]), (v1, &[]), (v2, &["10.0.0.8"])]), true),
            (known(&[(whole, &["10.0.0.8"]), (v1, &["10.0.0.7"])]), true),
            (known(&[(v2, &["10.0.0.8"])]), false),
            (known(&[("outbound|8080||backend.other.svc.cluster.local", &[])]), false),
            (known(&[("inbound|8080||", &[])]), false),
        ] {
            assert_eq!(is_missing(&clusters, "meshwalk", &pod()), missing, "{clusters:?}");
        }
    }
}
