//! Flattens a part of a configuration to leaves by path, without fields that are redundant.

use serde_json::Value;

use super::{
    Fields,
    dump::{manager, text},
};

pub(super) fn flatten_chain(chain: &Value, path: &str, fields: &mut Fields) {
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
    // The inbound routes of a sidecar are in the listener.
    let mut routes = manager["route_config"].take();
    for host in routes["virtual_hosts"].as_array_mut().into_iter().flatten() {
        host["name"].take();
        flatten(host, &format!("{path}.routes"), fields);
    }
    flatten(&manager, &format!("{path}.manager"), fields);
}

/// Fields that repeat others, or that contain names, times, addresses or statistics settings.
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

/// Returns a value's leaves by their paths. Items of lists have their index in the path; a list of plain values is one
/// leaf.
pub(super) fn flatten(value: &Value, path: &str, fields: &mut Fields) {
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
                // On one machine, services have no address.
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

/// Returns a field's path with Istio's name for it, where Envoy also has an older equivalent.
fn in_one_word(path: String) -> String {
    path.replace(".route.max_stream_duration.grpc_timeout_header_max", ".route.max_grpc_timeout")
        .replace(".match_typed_subject_alt_names", ".match_subject_alt_names")
        .replace("].matcher", "]")
}
