//! Waits until the proxies have loaded a change. Single requests cannot show an effect on a share of the requests or on
//! failed ones, so the proxies' configuration is read. Istio marks each route with its VirtualService and each cluster
//! with its DestinationRule. A marked part differs once the change has arrived.
//!
//! Policies leave no such mark. They affect all requests, so a lab's own wait is enough.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::{ClusterPlatform, objects::Objects};
use crate::{
    platform::{PlatformError, control::RESPONSE_TIMEOUT},
    traffic::{self, Address},
};

/// Envoy's admin port on the pod's loopback address.
const ADMIN: &[u16] = &[15000];
/// Kinds of objects that leave a mark, with the kind's name in the mark, and the admin path that shows marked parts.
const MARKED: [(&str, &str, &str); 2] = [
    ("virtualservice.networking.istio.io", "virtual-service", "dynamic_route_configs"),
    ("destinationrule.networking.istio.io", "destination-rule", "dynamic_active_clusters"),
];
/// Time limit for a change to reach a proxy. A change without effect on a proxy never does.
const ARRIVAL: Duration = Duration::from_secs(15);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(250);
/// Delay until a configuration that the admin port shows is active on the proxy's worker threads.
pub(super) const WORKERS: Duration = Duration::from_millis(200);

/// Proxy: its namespace, and its pod as port-forwards name it.
pub(super) type Proxy = (String, String);

/// Configuration of the proxies before a change.
pub(super) struct ProxyConfigs {
    objects: Objects,
    /// By proxy: true if it is a gateway, and its marked parts, in the order of [`MARKED`].
    proxies: BTreeMap<Proxy, (bool, Vec<Value>)>,
}

impl ClusterPlatform {
    /// Reads the configuration to compare with after a change.
    pub(super) async fn proxy_configs(&self) -> Result<ProxyConfigs, PlatformError> {
        let namespace = self.kubectl.namespace().name();
        let mut proxies = Vec::new();
        for pod in self.pods().await?.iter().filter(|pod| pod.sidecar.is_some()) {
            proxies.push(((namespace.to_owned(), pod.path()), false));
        }
        for pod in self.gateway_pods().await? {
            proxies.push(((super::GATEWAY_NAMESPACE.to_owned(), pod), true));
        }
        let dumps = proxies.iter().map(|(proxy, _)| async move {
            let mut dumps = Vec::new();
            for (_, _, shown) in MARKED {
                dumps.push(self.dump(proxy, shown).await?);
            }
            Ok::<_, PlatformError>(dumps)
        });
        let dumps = try_join_all(dumps).await?;
        let proxies = proxies.into_iter().zip(dumps).map(|((proxy, gateway), dumps)| (proxy, (gateway, dumps)));
        Ok(ProxyConfigs { objects: self.objects().await?, proxies: proxies.collect() })
    }

    /// Waits until the configuration of every affected proxy differs.
    pub(super) async fn wait_for_proxies(&self, before: &ProxyConfigs) -> Result<(), PlatformError> {
        let changed = changed(&before.objects, &self.objects().await?);
        let mut waiting: Vec<_> = before
            .proxies
            .iter()
            .flat_map(|(proxy, (gateway, then))| {
                let concerned =
                    changed.iter().filter(|change| if *gateway { change.gateways } else { change.sidecars });
                concerned.filter_map(move |change| Some((proxy, then.get(change.marked)?, change)))
            })
            .collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + ARRIVAL;
        let namespace = self.kubectl.namespace().name();
        while !waiting.is_empty() {
            let mut still = Vec::new();
            for (proxy, then, change) in waiting {
                let (_, kind, shown) = MARKED[change.marked];
                let mark = format!("/namespaces/{namespace}/{kind}/{}", change.name);
                let now = match self.dump(proxy, shown).await {
                    Ok(now) => now,
                    // A proxy that has ended or was deleted by the change itself does not answer.
                    Err(_) if !self.has_pod(&proxy.0, &proxy.1).await? => continue,
                    Err(error) => return Err(error),
                };
                if marked(&now, &mark) == marked(then, &mark) {
                    still.push((proxy, then, change));
                }
            }
            waiting = still;
            if let Some(((_, pod), _, change)) = waiting.first() {
                if Instant::now() > deadline {
                    let (name, (_, kind, _)) = (&change.name, MARKED[change.marked]);
                    self.kubectl.remark(&format!("{pod} has the same of the {kind} {name} as before the change"));
                    return Ok(());
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        tokio::time::sleep(WORKERS).await;
        Ok(())
    }

    async fn dump(&self, proxy: &Proxy, shown: &str) -> Result<Value, PlatformError> {
        self.ask_proxy(proxy, &format!("/config_dump?resource={shown}")).await
    }

    /// Sends `GET path` to a proxy's admin port, and returns the JSON document of the response.
    pub(super) async fn ask_proxy(&self, (namespace, pod): &Proxy, path: &str) -> Result<Value, PlatformError> {
        let failed = |why: String| PlatformError::failed(format!("asking the proxy of {pod} for {path}"), why);
        let address = self.forwards.reach(&self.kubectl, namespace, pod, ADMIN, ADMIN[0]).await?;
        let reply = match traffic::get(&Address::Tcp(address), "localhost", path, RESPONSE_TIMEOUT).await {
            Ok(reply) => reply,
            Err(failure) => {
                // The next attempt starts a new port-forward.
                self.forwards.renew(namespace, pod, ADMIN).await;
                return Err(failed(format!("{address}: {failure}")));
            }
        };
        if !reply.status.is_success() {
            return Err(failed(format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body))));
        }
        serde_json::from_slice(&reply.body).map_err(|error| failed(error.to_string()))
    }
}

/// Changed object, and the proxies it affects.
#[derive(Debug, PartialEq)]
struct ObjectChange {
    /// Index in [`MARKED`].
    marked: usize,
    name: String,
    sidecars: bool,
    gateways: bool,
}

fn changed(before: &Objects, after: &Objects) -> Vec<ObjectChange> {
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let change = |key: &(String, String)| {
        let marked = MARKED.iter().position(|(kind, _, _)| *kind == key.0)?;
        let specs = [before, after].map(|objects| objects.get(key).map(|object| &object["spec"]));
        if specs[0] == specs[1] {
            return None;
        }
        // A DestinationRule has no gateway: it affects the callers of its host, and a gateway may not be one.
        let bound = |to_mesh: bool| {
            specs.iter().flatten().any(|spec| match spec["gateways"].as_array() {
                Some(names) => names.iter().any(|name| (name == "mesh") == to_mesh),
                None => to_mesh,
            })
        };
        Some(ObjectChange { marked, name: key.1.clone(), sidecars: bound(true), gateways: bound(false) })
    };
    keys.filter_map(change).collect()
}

/// Returns the parts of a configuration with a mark.
fn marked<'a>(dump: &'a Value, mark: &str) -> Vec<&'a Value> {
    let (mut found, mut ahead) = (Vec::new(), vec![dump]);
    while let Some(value) = ahead.pop() {
        let config = value["metadata"]["filter_metadata"]["istio"]["config"].as_str();
        if config.is_some_and(|config| config.ends_with(mark)) {
            found.push(value);
            continue;
        }
        match value {
            Value::Array(items) => ahead.extend(items),
            Value::Object(fields) => ahead.extend(fields.values()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn routes_are_found_by_the_virtual_service_that_they_were_made_of() {
        let route = |name: &str| {
            let config = format!("/apis/networking.istio.io/v1/namespaces/meshwalk/virtual-service/{name}");
            json!({"name": name, "metadata": {"filter_metadata": {"istio": {"config": config}}}})
        };
        let dump = json!({"configs": [{"route_config": {"routes": [route("frontend"), route("backend")]}}]});
        assert_eq!(marked(&dump, "/namespaces/meshwalk/virtual-service/backend"), [&route("backend")]);
        assert!(marked(&dump, "/namespaces/other/virtual-service/backend").is_empty());
    }

    #[test]
    fn a_change_concerns_those_whom_it_is_bound_to() {
        let object = |gateways: Value| json!({"spec": {"gateways": gateways}});
        let key = |kind: &str, name: &str| (format!("{kind}.networking.istio.io"), name.to_owned());
        let (route, rule) = ("virtualservice", "destinationrule");
        let before = Objects::from([
            (key(rule, "limits"), json!({"spec": {"trafficPolicy": {}}})),
            (key(route, "same"), object(Value::Null)),
            (key(route, "gone"), object(Value::Null)),
        ]);
        let after = Objects::from([
            (key(rule, "limits"), json!({"spec": {"trafficPolicy": {"loadBalancer": {}}}})),
            (key(route, "same"), object(Value::Null)),
            (key(route, "new"), object(json!(["meshwalk"]))),
        ]);
        let wanted = [
            ObjectChange { marked: 1, name: "limits".into(), sidecars: true, gateways: false },
            ObjectChange { marked: 0, name: "gone".into(), sidecars: true, gateways: false },
            ObjectChange { marked: 0, name: "new".into(), sidecars: false, gateways: true },
        ];
        assert_eq!(changed(&before, &after), wanted);
    }
}
