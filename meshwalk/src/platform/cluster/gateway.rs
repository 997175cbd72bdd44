//! Finds the ingress gateway: by its own address if reachable, otherwise by a port-forward.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{ClusterPlatform, Kubectl};
use crate::{
    platform::{Entry, PlatformError},
    traffic::{Address, FailureKind, get},
};

/// Namespace of the gateway, as Istio's installation names it.
pub(super) const GATEWAY_NAMESPACE: &str = "istio-system";
/// Service of the gateway.
const SERVICE: &str = "service/istio-ingressgateway";
/// Port of the gateway for plain HTTP.
const PORT: u16 = 80;
/// Node port that istio/install/node-port.yaml sets and k8s/kind/cluster.yaml publishes.
const PUBLISHED: (u64, &str) = (30080, "127.0.0.1:8080");
/// Time limit for an address to answer, after which it counts as unreachable.
const ANSWER: Duration = Duration::from_secs(2);
/// Time limit for the gateway to open its port after the first Gateway is applied. It refuses connections until then.
const REFUSED: Duration = Duration::from_secs(5);
/// Number of attempts for each of several addresses, for the same reason.
const ROUNDS: u32 = 5;
/// Time limit for an address given by the user to answer as the gateway. A load balancer may not yet route to it.
const SILENT: Duration = Duration::from_secs(15);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

impl ClusterPlatform {
    /// Returns the names of the gateway's pods for port-forwards, or none if the user may not list them.
    pub(super) async fn gateway_pods(&self) -> Result<Vec<String>, PlatformError> {
        if self.blind.get().is_some() {
            return Ok(Vec::new());
        }
        let words =
            ["get", "pods", "-l", "istio=ingressgateway", "--field-selector=status.phase=Running", "-o", "name"];
        let arguments = self.kubectl.arguments_in(GATEWAY_NAMESPACE, &words);
        Ok(self.kubectl.run(&arguments, None).await?.lines().map(str::to_owned).collect())
    }

    /// Returns the address of the gateway. It is detected once; a port-forward is checked each time.
    pub(super) async fn gateway_entry(&self) -> Result<Entry, PlatformError> {
        let found = self.gateway.get_or_try_init(|| self.find_gateway()).await?;
        let (address, caveat) = match found {
            Some(address) => (*address, None),
            None => {
                let forwards = &self.forwards;
                let address = forwards.reach(&self.kubectl, GATEWAY_NAMESPACE, SERVICE, &[PORT], PORT).await?;
                (address, Some(super::FORWARDED.to_owned()))
            }
        };
        Ok(Entry { address: Address::Tcp(address), authority: self.kubectl.namespace().gateway_host(), caveat })
    }

    /// Returns an address that answers as Istio's gateway does, or `None`.
    async fn find_gateway(&self) -> Result<Option<SocketAddr>, PlatformError> {
        if let Some(url) = &self.ways.gateway {
            return self.named_gateway(url).await.map(Some);
        }
        let candidates = self.candidates().await?;
        let places: Vec<String> = candidates.iter().map(|(_, address)| address.to_string()).collect();
        for _ in 0..if candidates.is_empty() { 0 } else { ROUNDS } {
            for (how, address) in &candidates {
                if self.answers(*address).await.is_ok() {
                    self.kubectl.remark(&format!("the gateway answers at {address}, {how}"));
                    return Ok(Some(*address));
                }
                (self.waiting)(&format!("Istio's gateway at {}", places.join(" or ")));
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.kubectl.remark(
            "the gateway has no address that this machine can reach, so a port-forward is used. It adds latency and ends with the gateway's pod; --gateway URL avoids it",
        );
        Ok(None)
    }

    /// Returns the address of `--gateway` if the gateway answers there.
    async fn named_gateway(&self, url: &str) -> Result<SocketAddr, PlatformError> {
        let what = format!("--gateway {url}");
        let address = resolve(url).await.map_err(|why| PlatformError::failed(&what, why))?;
        let began = Instant::now();
        loop {
            let Err(Silence { why, patience }) = self.answers(address).await else { return Ok(address) };
            if began.elapsed() >= patience {
                let why = format!(
                    "{address} did not answer as Istio's gateway for {} s ({why}); what it names has to be reached \
                     from here",
                    patience.as_secs()
                );
                return Err(PlatformError::failed(what, why));
            }
            // Print this at once and permanently, because the following steps take time.
            self.kubectl.remark(&format!("waiting for Istio's gateway at {address}, which {what} names"));
            (self.waiting)(&format!("Istio's gateway at {address}; now {why}"));
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Lists possible addresses of the gateway by kind: a load balancer, the node port that scripts/cluster-up.sh
    /// opens, the service's own address (within a cluster's network), the port of a node.
    async fn candidates(&self) -> Result<Vec<(&'static str, SocketAddr)>, PlatformError> {
        let arguments = self.kubectl.arguments_in(GATEWAY_NAMESPACE, &["get", SERVICE, "-o", "json"]);
        let line = Kubectl::line(&arguments);
        self.kubectl.show(&line);
        let help = |error: PlatformError| {
            PlatformError::failed("looking for the ingress gateway", format!("{error}\n--gateway URL names one"))
        };
        let service = self.kubectl.run(&arguments, None).await.map_err(help)?;
        let service: Value = serde_json::from_str(&service).map_err(|error| PlatformError::failed(line, error))?;
        let mut nodes = Value::Null;
        if node_port(&service).is_some() {
            let arguments = self.kubectl.arguments_anywhere(&["get", "nodes", "-o", "json"]);
            self.kubectl.show(&Kubectl::line(&arguments));
            // Nodes are not namespaced, and a user may lack the right to list them.
            let list = self.kubectl.run(&arguments, None).await.unwrap_or_default();
            nodes = serde_json::from_str(&list).unwrap_or_default();
        }
        let mut addresses = Vec::new();
        for (how, location) in places(&service, &nodes) {
            addresses.extend(resolve(&format!("http://{location}")).await.map(|address| (how, address)));
        }
        Ok(addresses)
    }

    /// Returns true if the response comes from Istio's gateway.
    async fn answers(&self, address: SocketAddr) -> Result<(), Silence> {
        let host = self.kubectl.namespace().gateway_host();
        match get(&Address::Tcp(address), &host, "/api/hello", ANSWER).await {
            Ok(reply) if reply.headers.get("server").is_some_and(|server| server == "istio-envoy") => Ok(()),
            Ok(reply) => Err(Silence { why: format!("another server answers: {}", reply.status), patience: SILENT }),
            Err(failure) if failure.kind == FailureKind::Refused => {
                Err(Silence { why: failure.to_string(), patience: REFUSED })
            }
            Err(failure) => Err(Silence { why: failure.to_string(), patience: SILENT }),
        }
    }
}

/// Reason why an address did not answer as the gateway, and how long it may persist.
struct Silence {
    why: String,
    patience: Duration,
}

/// Returns the node port of the gateway's port for plain HTTP.
fn node_port(service: &Value) -> Option<u64> {
    let ports = service["spec"]["ports"].as_array()?;
    ports.iter().find(|port| port["port"] == PORT)?["nodePort"].as_u64()
}

/// Lists hosts and ports that may reach a gateway's service, best first.
fn places(service: &Value, nodes: &Value) -> Vec<(&'static str, String)> {
    let host = |address: &str| if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut places = Vec::new();
    for balancer in list(&service["status"]["loadBalancer"]["ingress"]) {
        let address = balancer["ip"].as_str().or(balancer["hostname"].as_str());
        places.extend(address.map(|address| ("its load balancer", host(address))));
    }
    if node_port(service) == Some(PUBLISHED.0) {
        places.push(("the node port that the kind cluster publishes", PUBLISHED.1.to_owned()));
    }
    let address = service["spec"]["clusterIP"].as_str().filter(|ip| *ip != "None");
    places.extend(address.map(|address| ("the service's own address", host(address))));
    for node in list(&nodes["items"]) {
        for address in list(&node["status"]["addresses"]).iter().filter(|address| address["type"] == "InternalIP") {
            if let (Some(address), Some(port)) = (address["address"].as_str(), node_port(service)) {
                places.push(("a node's port", format!("{}:{port}", host(address))));
            }
        }
    }
    places
}

/// Parses the address in a URL.
pub(super) async fn resolve(url: &str) -> Result<SocketAddr, String> {
    let wrong = || "a URL such as http://203.0.113.7:8080 is needed".to_owned();
    let uri: http::Uri = url.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong());
    }
    let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
    let mut found = tokio::net::lookup_host((host, uri.port_u16().unwrap_or(PORT))).await.map_err(|e| e.to_string())?;
    found.next().ok_or_else(|| format!("{host} has no address"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_load_balancer_is_tried_before_node_ports_and_the_services_own_address() {
        let service = |node_port: u64| {
            let ports = json!([{"port": 15021, "nodePort": 31000}, {"port": 80, "nodePort": node_port}]);
            let ingress = json!([{"ip": "203.0.113.7"}, {"hostname": "lb.example.org"}]);
            json!({"spec": {"clusterIP": "10.96.0.7", "ports": ports}, "status": {"loadBalancer": {"ingress": ingress}}})
        };
        let addresses = json!([{"type": "Hostname", "address": "node"}, {"type": "InternalIP", "address": "fd00::1"}]);
        let nodes = json!({"items": [{"status": {"addresses": addresses}}]});
        let found =
            |service: &Value| places(service, &nodes).into_iter().map(|(_, location)| location).collect::<Vec<_>>();
        assert_eq!(found(&service(31080)), ["203.0.113.7", "lb.example.org", "10.96.0.7", "[fd00::1]:31080"]);
        assert!(found(&service(30080)).contains(&"127.0.0.1:8080".to_owned()));
        assert!(found(&json!({"spec": {"clusterIP": "None", "ports": [{"port": 80}]}})).is_empty());
    }
}
