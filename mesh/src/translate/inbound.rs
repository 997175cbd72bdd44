//! Inbound listeners of a sidecar.

use meshwalk_yaml::Diagnostics;
use serde_json::{Value, json};

use super::{
    ProxyConfig, authorization, clusters,
    connection_manager::{ConnectionManager, Side},
    mesh_view::{MeshService, MeshView},
    message::{extension, set, socket_address},
    names, peer_authentication, tls,
};
use crate::{kinds::MutualTlsMode, topology::Instance};

/// Adds a listener for each port of the pod to which a service leads.
///
/// # Errors
/// Policies that cannot be translated.
pub(crate) fn add(mesh: &MeshView<'_>, instance: &Instance, config: &mut ProxyConfig) -> Result<(), Diagnostics> {
    for (number, services) in mesh.inbound_ports(instance) {
        // Istio names the application's cluster after one of the services; here the first by name.
        let Some((service, port)) = services.first() else { continue };
        let name = names::inbound_cluster(number);
        config.clusters.insert(name, clusters::app(mesh, instance, number, service, port));
        let listener = listener(mesh, instance, number, service)?;
        config.listeners.insert(format!("inbound_{}_{number}", instance.address), listener);
    }
    Ok(())
}

fn listener(
    mesh: &MeshView<'_>,
    instance: &Instance,
    number: u16,
    service: &MeshService,
) -> Result<Value, Diagnostics> {
    let mode = peer_authentication::mode(mesh, instance, number);
    let mut chains = Vec::new();
    if mode != MutualTlsMode::Disable {
        chains.push(chain(mesh, instance, number, service, true)?);
    }
    if mode != MutualTlsMode::Strict {
        chains.push(chain(mesh, instance, number, service, false)?);
    }
    Ok(json!({
        "name": format!("inbound_{}_{number}", instance.address),
        "address": socket_address(instance.address, number),
        "traffic_direction": "INBOUND",
        "listener_filters": [extension(
            "envoy.filters.listener.tls_inspector",
            "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
            json!({}),
        )],
        // A caller may open a connection long before it sends data.
        "listener_filters_timeout": "0s",
        "continue_on_listener_filters_timeout": true,
        "filter_chains": chains,
    }))
}

fn chain(
    mesh: &MeshView<'_>,
    instance: &Instance,
    number: u16,
    service: &MeshService,
    mutual_tls: bool,
) -> Result<Value, Diagnostics> {
    let manager = ConnectionManager {
        mesh,
        instance,
        side: Side::Inbound { mutual_tls },
        stat_prefix: format!("inbound_{}_{number}", instance.address),
        routes: ("route_config", routes(number, service)),
        filters: authorization::filters(mesh, instance)?,
    };
    let mut chain = json!({
        "name": if mutual_tls { "tls" } else { "plaintext" },
        "filter_chain_match": { "transport_protocol": if mutual_tls { "tls" } else { "raw_buffer" } },
        "filters": [manager.filter()],
    });
    if mutual_tls {
        set(&mut chain, "transport_socket", tls::server_socket());
    }
    Ok(chain)
}

/// Routes every request to the application. A request is retried only if the connection broke before any of it was
/// sent.
fn routes(number: u16, service: &MeshService) -> Value {
    let name = names::inbound_cluster(number);
    json!({
        "name": name,
        "validate_clusters": false,
        "virtual_hosts": [{
            "name": format!("inbound|http|{number}"),
            "domains": ["*"],
            "routes": [{
                "name": "default",
                "match": { "prefix": "/" },
                "decorator": { "operation": format!("{}:{number}/*", service.host) },
                "route": {
                    "cluster": name,
                    "timeout": "0s",
                    "max_stream_duration": { "max_stream_duration": "0s", "grpc_timeout_header_max": "0s" },
                    "retry_policy": { "retry_on": "reset-before-request", "num_retries": 2 },
                },
            }],
        }],
    })
}
