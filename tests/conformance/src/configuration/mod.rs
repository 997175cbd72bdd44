//! Compares the proxies' configuration, read from Envoy's `config_dump`, which has one spelling on both meshes.

mod dump;
mod leaves;
mod proxy_sync;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use proxy_sync::{arrived, has_taken};

use self::{
    dump::{chains, clusters, virtual_hosts},
    leaves::{flatten, flatten_chain},
};
use crate::intended_differences::IntendedDifferences;

/// Proxy whose configuration is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proxy {
    /// Sidecar of the client.
    Client,
    /// Sidecar of a pod behind the service.
    Server,
    /// Ingress gateway.
    Gateway,
}

impl Proxy {
    /// All compared proxies.
    pub const ALL: [Self; 3] = [Self::Client, Self::Server, Self::Gateway];

    fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Gateway => "gateway",
        }
    }
}

/// Compared fields, by paths that begin with the proxy and the part: `client.clusters.NAME.lb_policy`.
pub type Fields = BTreeMap<String, String>;

/// Returns the compared fields of a dump.
#[must_use]
pub fn fields(dump: &Value, proxy: Proxy, namespace: &str) -> Fields {
    let mut fields = Fields::new();
    let word = proxy.word();
    for (name, cluster) in clusters(dump) {
        // Ignore hosts that the cases did not add.
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

/// An explicit message with Envoy's defaults, such as HTTP/1.1, is equivalent to an absent one.
fn is_default(path: &str, value: &str) -> bool {
    let empty =
        ["common_http_protocol_options", "explicit_http_config.http_protocol_options", "manager.http_protocol_options"];
    (value == "there" && empty.iter().any(|message| path.ends_with(message)))
        || path.ends_with(".upstreams.http.v3.HttpProtocolOptions.@type")
}

/// Differences between the proxies' configuration on two meshes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigDifferences {
    /// Unintended differences: the field, and its value on each mesh.
    pub unintended: Vec<(String, [String; 2])>,
    /// Intended differences, and how often each was observed.
    pub intended: BTreeMap<String, usize>,
    /// Number of compared fields.
    pub compared: usize,
}

/// Compares the fields of two meshes.
#[must_use]
pub fn compare(sides: [&Fields; 2], intended: &IntendedDifferences) -> ConfigDifferences {
    let mut parted = ConfigDifferences::default();
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
