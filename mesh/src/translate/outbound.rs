//! Outbound listeners of a sidecar: one for each service port, and one for all other ports.

use serde_json::{Value, json};

use crate::topology::{Instance, OutboundPolicy};
use meshwalk_yaml::Diagnostics;

use super::{
    ProxyConfig, clusters,
    connection_manager::{ConnectionManager, Side},
    fault,
    mesh_view::MeshView,
    message::{extension, socket_address},
    names, virtual_hosts,
};

/// Name of the route configuration for ports without a service.
const ANY_PORT: &str = "any";

/// Adds the listeners, routes and clusters.
///
/// # Errors
/// Routes that cannot be translated.
pub(crate) fn add(mesh: &MeshView<'_>, instance: &Instance, config: &mut ProxyConfig) -> Result<(), Diagnostics> {
    clusters::outbound(mesh, instance, config);
    let fallback_cluster = clusters::fallback_cluster(mesh.topology.outbound_policy);
    config.clusters.insert(fallback_cluster["name"].as_str().unwrap_or_default().to_owned(), fallback_cluster);
    for (&service_port, &local_port) in &mesh.topology.outbound_ports {
        let routes = service_port.to_string();
        let hosts = virtual_hosts::for_sidecar(mesh, instance, service_port)?;
        add_listener(mesh, instance, config, &routes, local_port, hosts);
    }
    add_listener(mesh, instance, config, ANY_PORT, mesh.topology.outbound_any, Vec::new());
    Ok(())
}

fn add_listener(
    mesh: &MeshView<'_>,
    instance: &Instance,
    config: &mut ProxyConfig,
    routes: &str,
    local_port: u16,
    mut hosts: Vec<Value>,
) {
    hosts.push(catch_all(mesh.topology.outbound_policy));
    let table = json!({
        "name": routes,
        "virtual_hosts": hosts,
        "validate_clusters": true,
        "ignore_port_in_host_matching": true,
        "max_direct_response_body_size_bytes": 1_048_576,
    });
    // These routes do not depend on resources, so they need no watched file.
    let delivery = if routes == ANY_PORT {
        ("route_config", table)
    } else {
        config.routes.insert(routes.to_owned(), table);
        ("rds", json!({ "route_config_name": routes }))
    };
    let mut filters = vec![fault::filter()];
    if mesh.topology.outbound_policy == OutboundPolicy::AllowAny {
        filters.push(extension(
            "envoy.filters.http.dynamic_forward_proxy",
            "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig",
            json!({ "dns_cache_config": clusters::dns_cache() }),
        ));
    }
    let manager = ConnectionManager {
        mesh,
        instance,
        side: Side::Outbound,
        stat_prefix: format!("outbound_{routes}"),
        routes: delivery,
        filters,
    };
    let name = format!("outbound_{}_{routes}", instance.address);
    let listener = json!({
        "name": name,
        "address": socket_address(instance.address, local_port),
        "traffic_direction": "OUTBOUND",
        "filter_chains": [{ "filters": [manager.filter()] }],
    });
    config.listeners.insert(name, listener);
}

/// Virtual host for requests to unknown hosts.
fn catch_all(policy: OutboundPolicy) -> Value {
    match policy {
        OutboundPolicy::AllowAny => json!({
            "name": "allow_any",
            "domains": ["*"],
            "include_request_attempt_count": true,
            "routes": [{
                "name": "allow_any",
                "match": { "prefix": "/" },
                "route": { "cluster": names::PASSTHROUGH_CLUSTER, "timeout": "0s", "max_stream_duration": { "grpc_timeout_header_max": "0s" } },
            }],
        }),
        OutboundPolicy::RegistryOnly => json!({
            "name": "block_all",
            "domains": ["*"],
            "include_request_attempt_count": true,
            "routes": [{
                "name": "block_all",
                "match": { "prefix": "/" },
                "direct_response": { "status": 502 },
            }],
        }),
    }
}
