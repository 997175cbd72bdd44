//! Make before break: the steps by which a proxy gets from one configuration to another.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::translate::ProxyConfig;

/// How many steps there are. All proxies have finished one before any of them begins the next.
pub(super) const COUNT: usize = 4;

/// What happens in a step, for messages.
pub(super) const NAMES: [&str; COUNT] =
    ["new clusters and endpoints", "inbound listeners", "outbound listeners and routes", "removal of what is old"];

/// What a proxy runs after step `number` (from 0) on its way from `old` to `new`:
/// 0. new clusters and endpoints are there beside the old ones: a route that named one that is not would be refused;
/// 1. what receives is as it will be: it accepts before a caller sends;
/// 2. what sends is as it will be;
/// 3. what nobody uses any more is gone.
pub(super) fn step(number: usize, old: &ProxyConfig, new: &ProxyConfig) -> ProxyConfig {
    let both = |old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>| {
        let mut both = old.clone();
        both.extend(new.clone());
        both
    };
    let (clusters, endpoints) = match number {
        0..=2 => (both(&old.clusters, &new.clusters), both(&old.endpoints, &new.endpoints)),
        _ => (new.clusters.clone(), new.endpoints.clone()),
    };
    let (listeners, routes) = match number {
        0 => (old.listeners.clone(), old.routes.clone()),
        1 => {
            let kept = old.listeners.iter().filter(|(_, listener)| !is_inbound(listener));
            let changed = new.listeners.iter().filter(|(_, listener)| is_inbound(listener));
            let listeners = kept.chain(changed).map(|(name, listener)| (name.clone(), listener.clone()));
            (listeners.collect(), old.routes.clone())
        }
        _ => (new.listeners.clone(), new.routes.clone()),
    };
    ProxyConfig { listeners, routes, clusters, endpoints }
}

fn is_inbound(listener: &Value) -> bool {
    listener["traffic_direction"] == "INBOUND"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(cluster: &str, listener: &str, port: u16) -> ProxyConfig {
        let named = |name: &str, value: Value| BTreeMap::from([(name.to_owned(), value)]);
        let mut listeners = named(listener, json!({ "traffic_direction": "INBOUND", "port": port }));
        listeners.insert("out".to_owned(), json!({ "traffic_direction": "OUTBOUND", "port": port }));
        ProxyConfig {
            listeners,
            routes: named("r", json!(cluster)),
            clusters: named(cluster, json!({})),
            endpoints: named(cluster, json!({})),
        }
    }

    #[test]
    fn a_route_never_names_a_cluster_that_is_not_there() {
        let (old, new) = (config("a", "in", 1), config("b", "in", 2));
        for number in 0..COUNT {
            let step = step(number, &old, &new);
            let named = step.routes["r"].as_str().unwrap();
            assert!(step.clusters.contains_key(named), "step {number}");
            assert!(step.endpoints.contains_key(named), "step {number}");
        }
    }

    #[test]
    fn receivers_change_before_senders_and_the_old_goes_last() {
        let (old, new) = (config("a", "in", 1), config("b", "in", 2));
        let ports = |number| {
            let step = step(number, &old, &new);
            (step.listeners["in"]["port"].clone(), step.listeners["out"]["port"].clone(), step.clusters.len())
        };
        assert_eq!(ports(0), (json!(1), json!(1), 2));
        assert_eq!(ports(1), (json!(2), json!(1), 2));
        assert_eq!(ports(2), (json!(2), json!(2), 2));
        assert_eq!(ports(3), (json!(2), json!(2), 1));
    }
}
