//! Whether the proxies have the routes that were changed. An effect that only a share of the requests shows cannot be
//! waited for, so the proxies are asked: Istio marks each route with the VirtualService that it was made of, and the
//! marked routes become others when a changed VirtualService arrives.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::{ClusterTarget, objects::Objects};
use crate::{
    target::{
        TargetError,
        exchange::{self, Question},
    },
    traffic::Address,
};

/// Envoy's admin port, open on the pod's loopback.
const ADMIN: &[u16] = &[15000];
/// The routes that the control plane sent.
const ROUTES: &str = "/config_dump?resource=dynamic_route_configs";
/// How long a change may take to reach a proxy. A change that makes no difference to the routes never does.
const ARRIVAL: Duration = Duration::from_secs(15);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);
/// What a proxy shows first has to reach its worker threads.
const WORKERS: Duration = Duration::from_millis(200);

/// A proxy: its namespace, and its pod as port-forwards name it.
type Proxy = (String, String);

/// What proxies had before a change.
pub(super) struct Before {
    objects: Objects,
    /// By proxy: whether it is a gateway's, and its routes.
    routes: BTreeMap<Proxy, (bool, Value)>,
}

impl ClusterTarget {
    /// What is to be compared with after a change.
    pub(super) async fn before(&self) -> Result<Before, TargetError> {
        let mut routes = BTreeMap::new();
        for pod in self.pods().await?.iter().filter(|pod| pod.sidecar.is_some()) {
            let proxy = (self.kubectl.namespace().name().to_owned(), pod.path());
            let dump = self.routes(&proxy).await?;
            routes.insert(proxy, (false, dump));
        }
        for pod in self.gateway_pods().await? {
            let proxy = (super::GATEWAY_NAMESPACE.to_owned(), pod);
            let dump = self.routes(&proxy).await?;
            routes.insert(proxy, (true, dump));
        }
        Ok(Before { objects: self.objects().await?, routes })
    }

    /// Waits until every proxy that a changed VirtualService concerns has other routes of it than before.
    pub(super) async fn arrived(&self, before: &Before) -> Result<(), TargetError> {
        let changed = changed(&before.objects, &self.objects().await?);
        let mut waiting: Vec<_> = before
            .routes
            .iter()
            .flat_map(|(proxy, (gateway, then))| {
                let concerned = changed.iter().filter(|route| if *gateway { route.gateways } else { route.sidecars });
                concerned.map(move |route| (proxy, then, route.name.as_str()))
            })
            .collect();
        let deadline = Instant::now() + ARRIVAL;
        let namespace = self.kubectl.namespace().name();
        while !waiting.is_empty() {
            let mut still = Vec::new();
            for (proxy, then, name) in waiting {
                let now = self.routes(proxy).await?;
                if made_of(&now, namespace, name) == made_of(then, namespace, name) {
                    still.push((proxy, then, name));
                }
            }
            waiting = still;
            if let Some(((_, pod), _, name)) = waiting.first() {
                if Instant::now() > deadline {
                    self.kubectl.remark(&format!("{pod} has the same routes of {name} as before the change"));
                    return Ok(());
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        tokio::time::sleep(WORKERS).await;
        Ok(())
    }

    async fn routes(&self, (namespace, pod): &Proxy) -> Result<Value, TargetError> {
        let failed = |why: String| TargetError::failed(format!("asking the proxy of {pod} for its routes"), why);
        let address = self.forwards.reach(&self.kubectl, namespace, pod, ADMIN, ADMIN[0]).await?;
        let asked = exchange::ask(&Address::Tcp(address), &Question::get(ROUTES)).await;
        let (status, answer) = asked.map_err(failed)?;
        if !status.is_success() {
            return Err(failed(format!("{status}: {answer}")));
        }
        serde_json::from_str(&answer).map_err(|error| failed(error.to_string()))
    }
}

/// A VirtualService that has changed, and whom it concerns.
#[derive(Debug, PartialEq)]
struct Changed {
    name: String,
    sidecars: bool,
    gateways: bool,
}

fn changed(before: &Objects, after: &Objects) -> Vec<Changed> {
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let routes = keys.filter(|(kind, _)| kind.starts_with("virtualservice."));
    routes
        .filter_map(|key| {
            let specs: Vec<_> = [before, after].iter().map(|objects| objects.get(key).map(|o| &o["spec"])).collect();
            (specs[0] != specs[1]).then(|| {
                let bound = |to_mesh: bool| {
                    specs.iter().flatten().any(|spec| match spec["gateways"].as_array() {
                        Some(names) => names.iter().any(|name| (name == "mesh") == to_mesh),
                        None => to_mesh,
                    })
                };
                Changed { name: key.1.clone(), sidecars: bound(true), gateways: bound(false) }
            })
        })
        .collect()
}

/// The routes that were made of a VirtualService.
fn made_of<'a>(dump: &'a Value, namespace: &str, name: &str) -> Vec<&'a Value> {
    let mark = format!("/namespaces/{namespace}/virtual-service/{name}");
    let (mut found, mut ahead) = (Vec::new(), vec![dump]);
    while let Some(value) = ahead.pop() {
        let config = value["metadata"]["filter_metadata"]["istio"]["config"].as_str();
        if config.is_some_and(|config| config.ends_with(&mark)) {
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
        assert_eq!(made_of(&dump, "meshwalk", "backend"), [&route("backend")]);
        assert!(made_of(&dump, "other", "backend").is_empty());
    }

    #[test]
    fn a_virtual_service_concerns_those_whom_it_is_bound_to() {
        let object = |gateways: Value| json!({"spec": {"gateways": gateways}});
        let key = |name: &str| ("virtualservice.networking.istio.io".to_owned(), name.to_owned());
        let before = Objects::from([(key("same"), object(Value::Null)), (key("gone"), object(Value::Null))]);
        let after = Objects::from([(key("same"), object(Value::Null)), (key("new"), object(json!(["meshwalk"])))]);
        let gone = Changed { name: "gone".into(), sidecars: true, gateways: false };
        let new = Changed { name: "new".into(), sidecars: false, gateways: true };
        assert_eq!(changed(&before, &after), [gone, new]);
    }
}
