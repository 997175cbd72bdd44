//! Finds the compared parts of an Envoy `config_dump`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Proxy;

/// Returns all parts of a dump with a type, at any depth.
fn parts<'a>(dump: &'a Value, list: &'a [&str], item: &'a [&str]) -> impl Iterator<Item = &'a Value> {
    let lists = dump["configs"].as_array().into_iter().flatten();
    let items = lists.flat_map(|config| list.iter().filter_map(|name| config[*name].as_array()).flatten());
    items.map(|part| item.iter().fold(part, |part, name| &part[*name]))
}

pub(super) fn clusters(dump: &Value) -> BTreeMap<String, &Value> {
    let found = parts(dump, &["static_clusters", "dynamic_active_clusters"], &["cluster"]);
    found.map(|cluster| (text(&cluster["name"]), cluster)).collect()
}

/// Returns the virtual hosts of the service's port, or of the gateway's port.
pub(super) fn virtual_hosts(dump: &Value, proxy: Proxy) -> BTreeMap<String, &Value> {
    let found = parts(dump, &["dynamic_route_configs"], &["route_config"]);
    let wanted = |name: &str| match proxy {
        Proxy::Gateway => name.starts_with("http."),
        _ => name == "8080",
    };
    let tables = found.filter(|table| wanted(&text(&table["name"])));
    let hosts = tables.flat_map(|table| table["virtual_hosts"].as_array().into_iter().flatten());
    hosts.map(|host| (text(&host["name"]), host)).collect()
}

/// Returns the filter chains that serve HTTP, by their purpose.
pub(super) fn chains(dump: &Value, proxy: Proxy) -> Vec<(String, &Value)> {
    let listeners = parts(dump, &["dynamic_listeners"], &["active_state", "listener"]);
    let mut found = BTreeMap::new();
    for listener in listeners {
        let name = text(&listener["name"]);
        for chain in listener["filter_chains"].as_array().into_iter().flatten() {
            let matching = &chain["filter_chain_match"];
            let kind = match proxy {
                Proxy::Server if name == "virtualInbound" && matching["destination_port"] == 8080 => "inbound",
                Proxy::Server if name.starts_with("inbound_") && name.ends_with("_8080") => "inbound",
                Proxy::Client if name == "0.0.0.0_8080" => "outbound",
                Proxy::Client if name.starts_with("outbound_") && name.ends_with("_8080") => "outbound",
                Proxy::Gateway if name == "0.0.0.0_8080" || name == "gateway_80" => "edge",
                _ => continue,
            };
            let manager = manager(chain);
            if manager.is_null() {
                continue;
            }
            let secured = !chain["transport_socket"].is_null();
            let name = if kind == "inbound" {
                format!("{kind}.{}", if secured { "tls" } else { "plaintext" })
            } else {
                kind.to_owned()
            };
            found.entry(name).or_insert(chain);
        }
    }
    found.into_iter().collect()
}

pub(super) fn manager(chain: &Value) -> &Value {
    let filters = chain["filters"].as_array().map_or(&[][..], Vec::as_slice);
    let manager = filters.iter().find(|filter| filter["typed_config"]["stat_prefix"].is_string());
    let manager = manager.map_or(&Value::Null, |filter| &filter["typed_config"]);
    if manager["http_filters"].is_array() { manager } else { &Value::Null }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
