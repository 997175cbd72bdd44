//! Where a service's pods are: the endpoints of its clusters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    mesh_view::{MeshPort, MeshService, MeshView, has_labels},
    message::socket_address,
    peer_authentication, telemetry,
};
use crate::{kinds::MutualTlsMode, topology::Instance};

/// The key under which an endpoint tells whether its sidecar takes mutual TLS, as Istio names it.
pub(crate) const TLS_MODE: &str = "tlsMode";

/// The ready pods behind a service's port that have the labels of a subset.
pub(crate) fn load_assignment(
    mesh: &MeshView<'_>,
    cluster: &str,
    service: &MeshService,
    port: &MeshPort,
    labels: &BTreeMap<String, String>,
) -> Value {
    let endpoints: Vec<Value> = mesh
        .instances_of(service)
        .filter(|instance| instance.ready && has_labels(&instance.labels, labels))
        .filter_map(|instance| port.on(instance).map(|number| endpoint(mesh, instance, number)))
        .collect();
    json!({ "cluster_name": cluster, "endpoints": [{ "lb_endpoints": endpoints }] })
}

fn endpoint(mesh: &MeshView<'_>, instance: &Instance, port: u16) -> Value {
    let mut metadata = json!({ "meshwalk": telemetry::endpoint_metadata(instance) });
    if takes_mutual_tls(mesh, instance, port) {
        metadata["envoy.transport_socket_match"] = json!({ TLS_MODE: "istio" });
    }
    json!({
        "endpoint": { "address": socket_address(instance.address, port) },
        "metadata": { "filter_metadata": metadata },
    })
}

/// Callers encrypt wherever a sidecar answers that has not been told to take only plaintext (Istio's auto mTLS).
fn takes_mutual_tls(mesh: &MeshView<'_>, instance: &Instance, port: u16) -> bool {
    instance.sidecar && peer_authentication::mode(mesh, instance, port) != MutualTlsMode::Disable
}
