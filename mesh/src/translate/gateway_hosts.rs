//! Virtual hosts of the ingress gateway: hosts of a Gateway that a VirtualService bound to it names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use meshwalk_yaml::{Diagnostic, Diagnostics};

use super::{
    gateway::GatewayServer,
    mesh_view::{MeshView, covers},
    names,
    routes::{self, RouteContext},
    virtual_hosts::virtual_host,
};
use crate::manifest::hosts;

/// Virtual hosts of a port. Other hosts get 404.
///
/// # Errors
/// Routes that cannot be translated, and a host of two VirtualServices.
pub(crate) fn virtual_hosts(
    mesh: &MeshView<'_>,
    port: u16,
    servers: &[GatewayServer<'_>],
) -> Result<Vec<Value>, Diagnostics> {
    let mut hosts: BTreeMap<String, (String, Value)> = BTreeMap::new();
    for (key, object) in &mesh.resources.virtual_services {
        let bound: Vec<String> = object.spec.gateways.iter().map(|name| hosts::gateway(name, &key.namespace)).collect();
        let served: Vec<String> = servers
            .iter()
            .filter(|server| bound.contains(&format!("{}/{}", server.key.namespace, server.key.name)))
            .flat_map(|server| served_hosts(server, &object.spec.hosts, &key.namespace))
            .collect();
        if served.is_empty() {
            continue;
        }
        let context = RouteContext { mesh, client: &mesh.topology.gateway, gateways: bound, port };
        let list = routes::of_virtual_service(&context, key, object)?;
        if list.is_empty() {
            continue;
        }
        let resource = format!("VirtualService {}/{}", key.namespace, key.name);
        for host in served {
            let written = virtual_host(&format!("{host}:{port}"), std::slice::from_ref(&host), &list);
            match hosts.insert(host.clone(), (resource.clone(), written)) {
                Some((other, _)) if other != resource => {
                    return Err(Diagnostic::new(format!("{other} routes the host {host} at the gateway too"))
                        .at(&object.location)
                        .resource(resource)
                        .field("spec.hosts")
                        .help("merge the routes of the host into one VirtualService")
                        .into());
                }
                _ => {}
            }
        }
    }
    if hosts.is_empty() {
        return Ok(vec![json!({ "name": format!("blackhole:{port}"), "domains": ["*"] })]);
    }
    Ok(hosts.into_values().map(|(_, host)| host).collect())
}

/// Hosts that both a VirtualService and a server of its Gateway have. Of two that overlap, the narrower.
fn served_hosts(server: &GatewayServer<'_>, routed: &[String], namespace: &str) -> Vec<String> {
    let mut served = Vec::new();
    for opened in server.hosts {
        let (from, opened) = opened.split_once('/').unwrap_or(("*", opened));
        let from = if from == "." { server.key.namespace.as_str() } else { from };
        if from != "*" && from != namespace {
            continue;
        }
        for host in routed {
            // Istio 1.31 compares hosts of Gateways with case, unlike those of sidecars.
            let host = names::full_host(host, namespace);
            if covers(opened, &host) {
                served.push(host);
            } else if covers(&host, opened) {
                served.push(opened.to_owned());
            }
        }
    }
    served
}
