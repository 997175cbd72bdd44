//! The way to the ingress gateway: its own address where that is reached, a port-forward as the last resort.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;

use super::ClusterTarget;
use crate::{
    target::{Entry, TargetError},
    traffic::{Address, get},
};

/// The gateway's namespace, as Istio's own installation has it.
pub(super) const GATEWAY_NAMESPACE: &str = "istio-system";
/// Its service.
const SERVICE: &str = "service/istio-ingressgateway";
/// Its port for plain HTTP.
const PORTS: &[u16] = &[80];
/// How long an address may take to answer before it counts as one that is not reached from here.
const ANSWER: Duration = Duration::from_secs(2);
/// The gateway opens its port only some time after the first Gateway is in force.
const ROUNDS: u32 = 5;

impl ClusterTarget {
    /// The gateway's pods, as port-forwards name them.
    pub(super) async fn gateway_pods(&self) -> Result<Vec<String>, TargetError> {
        let words =
            ["get", "pods", "-l", "istio=ingressgateway", "--field-selector=status.phase=Running", "-o", "name"];
        let arguments = self.kubectl.arguments_in(GATEWAY_NAMESPACE, &words);
        Ok(self.kubectl.run(&arguments, None).await?.lines().map(str::to_owned).collect())
    }

    /// The way in, found once and kept; a port-forward is looked after each time.
    pub(super) async fn gateway_entry(&self) -> Result<Entry, TargetError> {
        let found = self.gateway.get_or_try_init(|| self.find_gateway()).await?;
        let (address, caveat) = match found {
            Some(address) => (*address, None),
            None => {
                let forwards = &self.forwards;
                let address = forwards.reach(&self.kubectl, GATEWAY_NAMESPACE, SERVICE, PORTS, PORTS[0]).await?;
                (address, Some(super::FORWARDED.to_owned()))
            }
        };
        Ok(Entry { address: Address::Tcp(address), authority: self.kubectl.namespace().gateway_host(), caveat })
    }

    /// An address that answers as Istio's gateway does; None if there is none.
    async fn find_gateway(&self) -> Result<Option<SocketAddr>, TargetError> {
        if let Some(url) = &self.gateway_url {
            let what = format!("--gateway {url}");
            let address = resolve(url).await.map_err(|why| TargetError::failed(&what, why))?;
            for _ in 0..ROUNDS * 3 {
                if self.answers(address).await {
                    return Ok(Some(address));
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let why =
                format!("{address} does not answer as Istio's gateway; what it names has to be reached from here");
            return Err(TargetError::failed(what, why));
        }
        let candidates = self.candidates().await?;
        for _ in 0..ROUNDS {
            for address in &candidates {
                if self.answers(*address).await {
                    self.kubectl.remark(&format!("the gateway answers at {address}"));
                    return Ok(Some(*address));
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.kubectl.remark(
            "the gateway has no address that is reached from here: a port-forward takes its place. It adds latency of \
             its own and ends with the gateway's pod; --gateway URL names a better way",
        );
        Ok(None)
    }

    /// Where the gateway could be reached: a load balancer, the node port that scripts/cluster-up.sh opens, the
    /// service's own address (from within a cluster's network).
    async fn candidates(&self) -> Result<Vec<SocketAddr>, TargetError> {
        let arguments = self.kubectl.arguments_in(GATEWAY_NAMESPACE, &["get", SERVICE, "-o", "json"]);
        let line = super::Kubectl::line(&arguments);
        self.kubectl.show(&line);
        let service = self.kubectl.run(&arguments, None).await?;
        let service: Value = serde_json::from_str(&service).map_err(|error| TargetError::failed(line, error))?;
        let mut urls = Vec::new();
        for balancer in service["status"]["loadBalancer"]["ingress"].as_array().map_or(&[][..], Vec::as_slice) {
            urls.extend(balancer["ip"].as_str().or(balancer["hostname"].as_str()).map(str::to_owned));
        }
        let ports = service["spec"]["ports"].as_array().map_or(&[][..], Vec::as_slice);
        if ports.iter().any(|port| port["port"] == 80 && port["nodePort"] == 30080) {
            urls.push("127.0.0.1:8080".to_owned());
        }
        urls.extend(service["spec"]["clusterIP"].as_str().filter(|ip| *ip != "None").map(str::to_owned));
        let mut addresses = Vec::new();
        for url in urls {
            addresses.extend(resolve(&format!("http://{url}")).await);
        }
        Ok(addresses)
    }

    /// Whether it is Istio's gateway that answers there.
    async fn answers(&self, address: SocketAddr) -> bool {
        let reply = get(&Address::Tcp(address), &self.kubectl.namespace().gateway_host(), "/api/hello", ANSWER).await;
        reply.is_ok_and(|reply| reply.headers.get("server").is_some_and(|server| server == "istio-envoy"))
    }
}

/// The address in a URL.
async fn resolve(url: &str) -> Result<SocketAddr, String> {
    let wrong = || "a URL such as http://203.0.113.7:8080 is needed".to_owned();
    let uri: http::Uri = url.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong());
    }
    let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']);
    let mut found = tokio::net::lookup_host((host, uri.port_u16().unwrap_or(80))).await.map_err(|e| e.to_string())?;
    found.next().ok_or_else(|| format!("{host} has no address"))
}
