//! Labels of Istio's metrics. Unknown values are `unknown`, as in Istio.

use serde_json::{Map, Value, json};

use crate::{
    topology::Instance,
    translate::{
        mesh_view::MeshView,
        message::{extension, set, typed},
        workload::Workload,
    },
};

use super::Reporter;

/// A label of a pod: the suffix of its name, and its value.
type PodLabel = (&'static str, fn(&Instance) -> String);

const POD_LABELS: [PodLabel; 6] = [
    ("workload", |instance| instance.workload.clone()),
    ("workload_namespace", |instance| instance.namespace.clone()),
    ("app", |instance| Workload::of(instance).app),
    ("version", |instance| Workload::of(instance).version),
    ("canonical_service", |instance| Workload::of(instance).canonical_service),
    ("canonical_revision", |instance| Workload::of(instance).canonical_revision),
];

/// Placeholders of a format without a value.
const NO_VALUE: [&str; 2] = ["", "-"];

/// Address of the connection's peer. The plain remote address may come from `x-forwarded-for`.
const CALLER_ADDRESS: &str = "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%";

/// Endpoint metadata with the pod's labels, for the callers' proxies.
pub(crate) fn endpoint_metadata(instance: &Instance) -> Value {
    POD_LABELS.iter().map(|(name, value)| ((*name).to_owned(), json!(value(instance)))).collect::<Map<_, _>>().into()
}

/// All labels for one side of a call.
pub(super) fn of(mesh: &MeshView<'_>, instance: &Instance, reporter: Reporter) -> Value {
    let mut labels = Vec::new();
    match reporter {
        Reporter::Source => {
            labels.push(fixed("reporter", "source"));
            labels.extend(own_labels("source", instance));
            labels.push(optional("source_principal", "%UPSTREAM_LOCAL_URI_SAN%"));
            labels.extend(endpoint_labels());
            labels.push(optional("destination_principal", "%UPSTREAM_PEER_URI_SAN%"));
            // A caller does not know the receiver's policy; Istio reports `unknown` too.
            labels.push(fixed("connection_security_policy", "unknown"));
        }
        Reporter::Destination { mutual_tls } => {
            labels.push(fixed("reporter", "destination"));
            labels.extend(caller_labels(mesh));
            labels.push(optional("source_principal", "%DOWNSTREAM_PEER_URI_SAN%"));
            labels.extend(own_labels("destination", instance));
            labels.push(optional("destination_principal", "%DOWNSTREAM_LOCAL_URI_SAN%"));
            labels.push(fixed("connection_security_policy", if mutual_tls { "mutual_tls" } else { "none" }));
        }
    }
    for name in ["destination_service", "destination_service_name", "destination_service_namespace"] {
        labels.push(optional(name, &format!("%METADATA(CLUSTER:meshwalk:{name})%")));
    }
    labels.push(fixed("source_cluster", "Kubernetes"));
    labels.push(fixed("destination_cluster", "Kubernetes"));
    labels.push(fixed("request_protocol", "http"));
    labels.push(fixed("response_code", "%RESPONSE_CODE%"));
    labels.push(fixed("response_flags", "%RESPONSE_FLAGS%"));
    labels.push(mapped("grpc_response_status", "%GRPC_STATUS_NUMBER%", &[("-".to_owned(), String::new())], None));
    labels.into()
}

/// Labels of the proxy's own pod.
fn own_labels(side: &str, instance: &Instance) -> Vec<Value> {
    POD_LABELS.iter().map(|(name, value)| fixed(&format!("{side}_{name}"), &value(instance))).collect()
}

/// Labels of the receiver in the caller's proxy, from the endpoint's metadata.
fn endpoint_labels() -> Vec<Value> {
    POD_LABELS
        .iter()
        .map(|(name, _)| optional(&format!("destination_{name}"), &format!("%UPSTREAM_METADATA(meshwalk:{name})%")))
        .collect()
}

/// Labels of the caller in the receiver's proxy, by its address. Only pods with a sidecar are known.
fn caller_labels(mesh: &MeshView<'_>) -> Vec<Value> {
    let pods = mesh.topology.instances.iter().filter(|instance| instance.sidecar);
    let callers: Vec<&Instance> = pods.chain(std::iter::once(&mesh.topology.gateway)).collect();
    POD_LABELS
        .iter()
        .map(|(name, value)| {
            let values: Vec<_> =
                callers.iter().map(|instance| (instance.address.to_string(), value(instance))).collect();
            mapped(&format!("source_{name}"), CALLER_ADDRESS, &values, Some("unknown"))
        })
        .collect()
}

/// A label with a constant value, or with a format that always has a value.
fn fixed(name: &str, format: &str) -> Value {
    json!({ "name": name, "value_format": format })
}

/// A label whose format may have no value.
fn optional(name: &str, format: &str) -> Value {
    mapped(name, format, &NO_VALUE.map(|placeholder| (placeholder.to_owned(), "unknown".to_owned())), None)
}

/// A label with replaced values. Values that are not listed become `otherwise`, or stay.
fn mapped(name: &str, format: &str, values: &[(String, String)], otherwise: Option<&str>) -> Value {
    let map: Map<String, Value> = values.iter().map(|(from, to)| (from.clone(), replacement(to))).collect();
    let mut rules = json!({ "matcher_tree": {
        "input": extension(
            "value",
            "envoy.extensions.matching.common_inputs.stats.v3.StatTagValueInput",
            json!({}),
        ),
        "exact_match_map": { "map": map },
    } });
    if let Some(otherwise) = otherwise {
        set(&mut rules, "on_no_match", replacement(otherwise));
    }
    json!({ "name": name, "value_format": format, "rules": rules })
}

fn replacement(value: &str) -> Value {
    let action = json!({ "update_tag": { "new_tag_value": value } });
    json!({ "action": {
        "name": "replace",
        "typed_config": typed("envoy.extensions.matching.actions.transform_stat.v3.TransformStat", action),
    } })
}
