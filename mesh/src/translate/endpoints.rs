//! Endpoints of services' clusters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    mesh_view::{MeshPort, MeshService, MeshView},
    message::socket_address,
    peer_authentication, telemetry,
};
use crate::{
    manifest::has_labels,
    {kinds::MutualTlsMode, topology::Instance},
};

/// Metadata key for an endpoint's mutual TLS, as in Istio.
pub(crate) const TLS_MODE: &str = "tlsMode";

/// Ready pods of a service's port that have the labels of a subset.
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
        .filter_map(|instance| port.port_of(instance).map(|number| endpoint(mesh, instance, number)))
        .collect();
    json!({ "cluster_name": cluster, "endpoints": [{ "lb_endpoints": endpoints }] })
}

fn endpoint(mesh: &MeshView<'_>, instance: &Instance, port: u16) -> Value {
    let mut metadata = json!({ "meshwalk": telemetry::endpoint_metadata(instance) });
    if accepts_mutual_tls(mesh, instance, port) {
        metadata["envoy.transport_socket_match"] = json!({ TLS_MODE: "istio" });
    }
    json!({
        "endpoint": { "address": socket_address(instance.address, port) },
        "metadata": { "filter_metadata": metadata },
    })
}

/// True if callers encrypt to the pod: it has a sidecar that does not require plaintext (Istio's auto mTLS).
fn accepts_mutual_tls(mesh: &MeshView<'_>, instance: &Instance, port: u16) -> bool {
    instance.sidecar && peer_authentication::mode(mesh, instance, port) != MutualTlsMode::Disable
}
