//! The labels of Istio's metrics. What a proxy cannot know is `unknown`, as in Istio.

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

/// What is said of a pod: the end of the label's name, and how it is found.
type Fact = (&'static str, fn(&Instance) -> String);

const FACTS: [Fact; 6] = [
    ("workload", |instance| instance.workload.clone()),
    ("workload_namespace", |instance| instance.namespace.clone()),
    ("app", |instance| Workload::of(instance).app),
    ("version", |instance| Workload::of(instance).version),
    ("canonical_service", |instance| Workload::of(instance).canonical_service),
    ("canonical_revision", |instance| Workload::of(instance).canonical_revision),
];

/// How a format writes that there is no value.
const NOTHING: [&str; 2] = ["", "-"];

/// The address that the connection came from. The plain remote address would be what `x-forwarded-for` claims.
const CALLER_ADDRESS: &str = "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%";

/// What an endpoint tells of its pod, for the callers' proxies.
pub(crate) fn endpoint_metadata(instance: &Instance) -> Value {
    FACTS.iter().map(|(name, fact)| ((*name).to_owned(), json!(fact(instance)))).collect::<Map<_, _>>().into()
}

/// The labels, for one side of the calls.
pub(super) fn of(mesh: &MeshView<'_>, instance: &Instance, reporter: Reporter) -> Value {
    let mut labels = Vec::new();
    match reporter {
        Reporter::Source => {
            labels.push(fixed("reporter", "source"));
            labels.extend(own("source", instance));
            labels.push(seen("source_principal", "%UPSTREAM_LOCAL_URI_SAN%"));
            labels.extend(of_endpoint());
            labels.push(seen("destination_principal", "%UPSTREAM_PEER_URI_SAN%"));
            // A caller cannot tell by what it sees which policy the receiver has; Istio says the same.
            labels.push(fixed("connection_security_policy", "unknown"));
        }
        Reporter::Destination { mutual_tls } => {
            labels.push(fixed("reporter", "destination"));
            labels.extend(of_caller(mesh));
            labels.push(seen("source_principal", "%DOWNSTREAM_PEER_URI_SAN%"));
            labels.extend(own("destination", instance));
            labels.push(seen("destination_principal", "%DOWNSTREAM_LOCAL_URI_SAN%"));
            labels.push(fixed("connection_security_policy", if mutual_tls { "mutual_tls" } else { "none" }));
        }
    }
    for name in ["destination_service", "destination_service_name", "destination_service_namespace"] {
        labels.push(seen(name, &format!("%METADATA(CLUSTER:meshwalk:{name})%")));
    }
    labels.push(fixed("source_cluster", "Kubernetes"));
    labels.push(fixed("destination_cluster", "Kubernetes"));
    labels.push(fixed("request_protocol", "http"));
    labels.push(fixed("response_code", "%RESPONSE_CODE%"));
    labels.push(fixed("response_flags", "%RESPONSE_FLAGS%"));
    labels.push(mapped("grpc_response_status", "%GRPC_STATUS_NUMBER%", &[("-".to_owned(), String::new())], None));
    labels.into()
}

/// What a proxy says of its own pod.
fn own(side: &str, instance: &Instance) -> Vec<Value> {
    FACTS.iter().map(|(name, fact)| fixed(&format!("{side}_{name}"), &fact(instance))).collect()
}

/// What the caller's proxy says of the receiver, by the metadata of the endpoint that it took.
fn of_endpoint() -> Vec<Value> {
    FACTS
        .iter()
        .map(|(name, _)| seen(&format!("destination_{name}"), &format!("%UPSTREAM_METADATA(meshwalk:{name})%")))
        .collect()
}

/// What the receiver's proxy says of the caller, by the caller's address. It knows those that have a sidecar.
fn of_caller(mesh: &MeshView<'_>) -> Vec<Value> {
    let pods = mesh.topology.instances.iter().filter(|instance| instance.sidecar);
    let callers: Vec<&Instance> = pods.chain(std::iter::once(&mesh.topology.gateway)).collect();
    FACTS
        .iter()
        .map(|(name, fact)| {
            let values: Vec<_> =
                callers.iter().map(|instance| (instance.address.to_string(), fact(instance))).collect();
            mapped(&format!("source_{name}"), CALLER_ADDRESS, &values, Some("unknown"))
        })
        .collect()
}

/// A label with one value, or with what a format of the access log always has.
fn fixed(name: &str, format: &str) -> Value {
    json!({ "name": name, "value_format": format })
}

/// A label whose format gives nothing for some requests.
fn seen(name: &str, format: &str) -> Value {
    mapped(name, format, &NOTHING.map(|nothing| (nothing.to_owned(), "unknown".to_owned())), None)
}

/// A label whose values are replaced by others; those that are not listed stay, or become `otherwise`.
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
