//! Make before break: the steps that lead a proxy from one configuration to another.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::translate::ProxyConfig;

/// Names of the steps, for messages. All proxies finish a step before any begins the next.
pub(super) const NAMES: [&str; 4] =
    ["add clusters and endpoints", "extend inbound listeners", "switch outbound listeners", "remove the old"];

/// Configuration of a proxy after step `number` (from 0) on its way from `old` to `new`:
/// 0. New clusters and endpoints are added. Old ones stay, because Envoy rejects a route to a missing cluster.
/// 1. Inbound listeners accept old and new traffic, before any caller sends the new.
/// 2. Outbound listeners and routes are the new ones.
/// 3. Inbound listeners are the new ones, and unused clusters are removed.
pub(super) fn step(number: usize, old: &ProxyConfig, new: &ProxyConfig) -> ProxyConfig {
    let (clusters, endpoints) = match number {
        0 | 1 => (overlay(&new.clusters, &old.clusters), overlay(&new.endpoints, &old.endpoints)),
        2 => (overlay(&old.clusters, &new.clusters), overlay(&old.endpoints, &new.endpoints)),
        _ => (new.clusters.clone(), new.endpoints.clone()),
    };
    let (listeners, routes) = match number {
        0 => (old.listeners.clone(), old.routes.clone()),
        1 => (overlay(&outbound(old), &accepting_both(old, new)), old.routes.clone()),
        2 => (overlay(&outbound(new), &accepting_both(old, new)), new.routes.clone()),
        _ => (new.listeners.clone(), new.routes.clone()),
    };
    ProxyConfig { listeners, routes, clusters, endpoints }
}

type ByName = BTreeMap<String, Value>;

/// Union of both maps; `above` wins.
fn overlay(below: &ByName, above: &ByName) -> ByName {
    let mut both = below.clone();
    both.extend(above.clone());
    both
}

fn is_inbound(listener: &Value) -> bool {
    listener["traffic_direction"] == "INBOUND"
}

fn outbound(config: &ProxyConfig) -> ByName {
    let outbound = config.listeners.iter().filter(|(_, listener)| !is_inbound(listener));
    outbound.map(|(name, listener)| (name.clone(), listener.clone())).collect()
}

/// Inbound listeners with the filter chains of both configurations. A chain of the old one stays if the new one has
/// none of its name, such as plaintext on the way to STRICT.
fn accepting_both(old: &ProxyConfig, new: &ProxyConfig) -> ByName {
    let mut both = overlay(&old.listeners, &new.listeners);
    both.retain(|_, listener| is_inbound(listener));
    for (name, listener) in &mut both {
        let before = old.listeners.get(name).and_then(|listener| listener["filter_chains"].as_array());
        let Some(chains) = listener.get_mut("filter_chains").and_then(Value::as_array_mut) else { continue };
        for chain in before.into_iter().flatten() {
            if !chains.iter().any(|other| other["name"] == chain["name"]) {
                chains.push(chain.clone());
            }
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(cluster: &str, chain: &str, tls: bool) -> ProxyConfig {
        let named = |name: &str, value: Value| BTreeMap::from([(name.to_owned(), value)]);
        let mut listeners =
            named("in", json!({ "traffic_direction": "INBOUND", "filter_chains": [{ "name": chain }] }));
        listeners.insert("out".to_owned(), json!({ "traffic_direction": "OUTBOUND", "route": cluster }));
        ProxyConfig {
            listeners,
            routes: named("r", json!(cluster)),
            clusters: BTreeMap::from([(cluster.to_owned(), json!({})), ("both".to_owned(), json!({ "tls": tls }))]),
            endpoints: named(cluster, json!({})),
        }
    }

    #[test]
    fn routes_name_only_existing_clusters_in_every_step() {
        let (old, new) = (config("a", "plaintext", false), config("b", "tls", true));
        for number in 0..NAMES.len() {
            let step = step(number, &old, &new);
            let named = step.routes["r"].as_str().unwrap();
            assert!(step.clusters.contains_key(named), "step {number}");
            assert!(step.endpoints.contains_key(named), "step {number}");
        }
    }

    #[test]
    fn receivers_accept_what_callers_send_in_neighbouring_steps() {
        let (old, new) = (config("a", "plaintext", false), config("b", "tls", true));
        let accepts = |number: usize, chain: &str| {
            let step = step(number, &old, &new);
            step.listeners["in"]["filter_chains"].as_array().unwrap().iter().any(|found| found["name"] == chain)
        };
        let sends_tls = |number: usize| step(number, &old, &new).clusters["both"]["tls"] == json!(true);
        for number in 0..NAMES.len() {
            let chain = if sends_tls(number) { "tls" } else { "plaintext" };
            for at in number.saturating_sub(1)..=(number + 1).min(NAMES.len() - 1) {
                assert!(accepts(at, chain), "sent at step {number}, received at step {at}");
            }
        }
    }

    #[test]
    fn last_step_is_the_new_configuration() {
        let (old, new) = (config("a", "plaintext", false), config("b", "tls", true));
        assert_eq!(step(NAMES.len() - 1, &old, &new), new);
    }
}
