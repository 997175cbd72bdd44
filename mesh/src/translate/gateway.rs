//! Listeners and hosts of the ingress gateway.

use std::collections::BTreeMap;

use meshwalk_yaml::{Diagnostic, Diagnostics};
use serde_json::{Value, json};

use super::{
    ProxyConfig, authorization, clusters,
    connection_manager::{ConnectionManager, Side},
    fault, gateway_hosts,
    mesh_view::MeshView,
    message::socket_address,
};
use crate::{
    kinds::Gateway,
    manifest::{Key, Object, has_labels},
};

/// Adds the listeners, routes and clusters of the ingress gateway.
///
/// # Errors
/// Parts of Gateways, and of routes bound to them, that cannot be translated.
pub(crate) fn add(mesh: &MeshView<'_>, config: &mut ProxyConfig) -> Result<(), Diagnostics> {
    let instance = &mesh.topology.gateway;
    clusters::outbound(mesh, instance, config);
    for (port, servers) in servers(mesh) {
        let routes = format!("http.{port}");
        let addresses = mesh.topology.gateway_listeners.get(&port).map(Vec::as_slice).unwrap_or_default();
        let Some((main, further)) = addresses.split_first() else {
            return Err(unopened(port, &servers));
        };
        let hosts = gateway_hosts::virtual_hosts(mesh, port, &servers)?;
        config.routes.insert(
            routes.clone(),
            json!({
                "name": routes,
                "virtual_hosts": hosts,
                "validate_clusters": true,
                "ignore_port_in_host_matching": true,
                "max_direct_response_body_size_bytes": 1_048_576,
            }),
        );
        let mut filters = authorization::filters(mesh, instance)?;
        filters.push(fault::filter());
        let manager = ConnectionManager {
            mesh,
            instance,
            side: Side::Gateway,
            stat_prefix: format!("gateway_{port}"),
            routes: ("rds", json!({ "route_config_name": routes })),
            filters,
        };
        let name = format!("gateway_{port}");
        let further: Vec<Value> =
            further.iter().map(|at| json!({ "address": socket_address(at.ip(), at.port()) })).collect();
        config.listeners.insert(
            name.clone(),
            json!({
                "name": name,
                "address": socket_address(main.ip(), main.port()),
                "additional_addresses": further,
                "traffic_direction": "OUTBOUND",
                "filter_chains": [{ "filters": [manager.filter()] }],
            }),
        );
    }
    Ok(())
}

/// One server of a Gateway.
pub(crate) struct GatewayServer<'a> {
    pub(crate) key: &'a Key,
    pub(crate) object: &'a Object<Gateway>,
    /// Hosts as written in the Gateway.
    pub(crate) hosts: &'a [String],
}

/// Servers of the ingress gateway, by port.
fn servers<'a>(mesh: &MeshView<'a>) -> BTreeMap<u16, Vec<GatewayServer<'a>>> {
    let mut servers: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    for (key, object) in &mesh.resources.gateways {
        if has_labels(&mesh.topology.gateway.labels, &object.spec.selector) {
            for server in &object.spec.servers {
                let server_here = GatewayServer { key, object, hosts: &server.hosts };
                servers.entry(server.port.number).or_default().push(server_here);
            }
        }
    }
    servers
}

fn unopened(port: u16, servers: &[GatewayServer<'_>]) -> Diagnostics {
    let mut diagnostic = Diagnostic::new(format!("the ingress gateway has no address for port {port}"))
        .field("spec.servers[].port.number")
        .help("use port 80");
    if let Some(server) = servers.first() {
        diagnostic = diagnostic
            .at(&server.object.location)
            .resource(format!("Gateway {}/{}", server.key.namespace, server.key.name));
    }
    diagnostic.into()
}
