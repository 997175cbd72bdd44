//! What counts in an Envoy's configuration, read from its own `config_dump`, so that both meshes' are spelt alike.

mod arrival;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use arrival::{arrived, has_taken};

use crate::intended::Intended;

/// A proxy whose configuration is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proxy {
    /// The sidecar of the client.
    Client,
    /// The sidecar of a pod behind the service.
    Server,
    /// The ingress gateway.
    Gateway,
}

impl Proxy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Client, Self::Server, Self::Gateway];

    fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Gateway => "gateway",
        }
    }
}

/// The fields that count, by paths that begin with the proxy and the part: `client.clusters.NAME.lb_policy`.
pub type Fields = BTreeMap<String, String>;

/// The fields of a dump.
#[must_use]
pub fn fields(dump: &Value, proxy: Proxy, namespace: &str) -> Fields {
    let mut fields = Fields::new();
    let word = proxy.word();
    for (name, cluster) in clusters(dump) {
        // Hosts that the cases did not bring are another cluster's business.
        if name.contains(&format!(".{namespace}")) || (proxy == Proxy::Server && name == "inbound|8080||") {
            flatten(cluster, &format!("{word}.clusters.{name}"), &mut fields);
        }
    }
    if proxy != Proxy::Server {
        for (name, host) in virtual_hosts(dump, proxy) {
            if name.contains(namespace) || name.starts_with("allow_any") {
                flatten(host, &format!("{word}.hosts.{name}"), &mut fields);
            }
        }
    }
    for (name, chain) in chains(dump, proxy) {
        flatten_chain(chain, &format!("{word}.{name}"), &mut fields);
    }
    fields.retain(|path, value| !is_default(path, value));
    fields
}

/// Messages that are written out and hold Envoy's defaults, HTTP/1.1 for one, mean the same as none.
fn is_default(path: &str, value: &str) -> bool {
    let empty =
        ["common_http_protocol_options", "explicit_http_config.http_protocol_options", "manager.http_protocol_options"];
    (value == "there" && empty.iter().any(|message| path.ends_with(message)))
        || path.ends_with(".upstreams.http.v3.HttpProtocolOptions.@type")
}

/// The parts of a dump of one kind, wherever they stand in it.
fn parts<'a>(dump: &'a Value, list: &'a [&str], item: &'a [&str]) -> impl Iterator<Item = &'a Value> {
    let lists = dump["configs"].as_array().into_iter().flatten();
    let items = lists.flat_map(|config| list.iter().filter_map(|name| config[*name].as_array()).flatten());
    items.map(|part| item.iter().fold(part, |part, name| &part[*name]))
}

fn clusters(dump: &Value) -> BTreeMap<String, &Value> {
    let found = parts(dump, &["static_clusters", "dynamic_active_clusters"], &["cluster"]);
    found.map(|cluster| (text(&cluster["name"]), cluster)).collect()
}

/// The virtual hosts of the service's port, or of the gateway's.
fn virtual_hosts(dump: &Value, proxy: Proxy) -> BTreeMap<String, &Value> {
    let found = parts(dump, &["dynamic_route_configs"], &["route_config"]);
    let wanted = |name: &str| match proxy {
        Proxy::Gateway => name.starts_with("http."),
        _ => name == "8080",
    };
    let tables = found.filter(|table| wanted(&text(&table["name"])));
    let hosts = tables.flat_map(|table| table["virtual_hosts"].as_array().into_iter().flatten());
    hosts.map(|host| (text(&host["name"]), host)).collect()
}

/// The filter chains that serve HTTP, by what they are for.
fn chains(dump: &Value, proxy: Proxy) -> Vec<(String, &Value)> {
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

fn manager(chain: &Value) -> &Value {
    let filters = chain["filters"].as_array().map_or(&[][..], Vec::as_slice);
    let manager = filters.iter().find(|filter| filter["typed_config"]["stat_prefix"].is_string());
    let manager = manager.map_or(&Value::Null, |filter| &filter["typed_config"]);
    if manager["http_filters"].is_array() { manager } else { &Value::Null }
}

fn flatten_chain(chain: &Value, path: &str, fields: &mut Fields) {
    flatten(&chain["transport_socket"], &format!("{path}.transport_socket"), fields);
    let mut manager = manager(chain).clone();
    let filters = manager["http_filters"].take();
    let filters = filters.as_array().map_or(&[][..], Vec::as_slice);
    let order: Vec<String> = filters.iter().map(|filter| text(&filter["name"])).collect();
    fields.insert(format!("{path}.filters"), order.join(", "));
    for filter in filters.iter().filter(|filter| text(&filter["name"]).contains("rbac")) {
        let action = filter["typed_config"]["rules"]["action"].as_str().unwrap_or("ALLOW");
        flatten(&filter["typed_config"]["rules"]["policies"], &format!("{path}.rbac.{action}"), fields);
    }
    // A sidecar's inbound routes stand in the listener.
    let mut routes = manager["route_config"].take();
    for host in routes["virtual_hosts"].as_array_mut().into_iter().flatten() {
        host["name"].take();
        flatten(host, &format!("{path}.routes"), fields);
    }
    flatten(&manager, &format!("{path}.manager"), fields);
}

/// What says the same in other words, where or when something is, or how it is counted.
const LEFT_OUT: [&str; 13] = [
    "alt_stat_name",
    "access_log",
    "eds_cluster_config",
    "filter_metadata",
    "load_assignment",
    "metadata",
    "name",
    "rds",
    "stat_prefix",
    "tracing",
    "type",
    "upstream_bind_config",
    "validate_clusters",
];

/// A value's leaves by their paths. Named items of lists go by their places; lists of plain values are one.
fn flatten(value: &Value, path: &str, fields: &mut Fields) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let is_route_name = path.contains(".routes[") && name == "name" && value.is_string();
                if !LEFT_OUT.contains(&name.as_str()) || is_route_name {
                    flatten(value, &in_one_word(format!("{path}.{name}")), fields);
                }
            }
            if object.is_empty() {
                fields.insert(path.to_owned(), "there".to_owned());
            }
        }
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let mut words: Vec<String> = items.iter().map(text).collect();
            if path.ends_with("domains") {
                // Services have no address on one machine.
                words.retain(|word| word.parse::<std::net::IpAddr>().is_err());
                words.sort();
            }
            fields.insert(path.to_owned(), words.join(", "));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(item, &format!("{path}[{index}]"), fields);
            }
        }
        Value::Null => {}
        other => drop(fields.insert(path.to_owned(), text(other))),
    }
}

/// A field's path under the name that Istio uses for it, where Envoy has an older one for the same.
fn in_one_word(path: String) -> String {
    path.replace(".route.max_stream_duration.grpc_timeout_header_max", ".route.max_grpc_timeout")
        .replace(".match_typed_subject_alt_names", ".match_subject_alt_names")
        .replace("].matcher", "]")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What two meshes' proxies have differently.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parted {
    /// What nobody intends: the field, and what each has.
    pub unintended: Vec<(String, [String; 2])>,
    /// What is intended, and how often it was seen.
    pub intended: BTreeMap<String, usize>,
    /// How many fields were compared.
    pub compared: usize,
}

/// Compares the fields of two meshes.
#[must_use]
pub fn compare(sides: [&Fields; 2], intended: &Intended) -> Parted {
    let mut parted = Parted::default();
    for field in sides[0].keys().chain(sides[1].keys()).collect::<BTreeSet<_>>() {
        parted.compared += 1;
        let mut values = sides.map(|fields| fields.get(field).cloned().unwrap_or("nothing".to_owned()));
        if field.ends_with(".filters") {
            for value in &mut values {
                let (kept, left_out) = intended.without_filters(field, value);
                *value = kept;
                left_out.into_iter().for_each(|what| *parted.intended.entry(what.to_owned()).or_default() += 1);
            }
        }
        if values[0] == values[1] {
            continue;
        }
        match intended.of_configuration(field) {
            Some(what) => *parted.intended.entry(what.to_owned()).or_default() += 1,
            None => parted.unintended.push((field.clone(), values)),
        }
    }
    parted
}
