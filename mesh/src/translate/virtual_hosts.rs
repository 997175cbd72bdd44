//! Virtual hosts of a sidecar's service ports.

use std::collections::{BTreeMap, BTreeSet};

use meshwalk_yaml::{Diagnostic, Diagnostics};
use serde_json::{Value, json};

use super::{
    mesh_view::{MeshService, MeshView},
    names::{self, MESH_GATEWAY},
    routes::{self, RouteContext},
};
use crate::{
    kinds::VirtualService,
    manifest::{Key, Object},
    topology::Instance,
};

/// Virtual hosts of a service port for a pod.
///
/// # Errors
/// Routes that cannot be translated, and a host of two VirtualServices.
pub(crate) fn for_sidecar(mesh: &MeshView<'_>, client: &Instance, port: u16) -> Result<Vec<Value>, Diagnostics> {
    let mut hosts = Vec::new();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut routed: Vec<&str> = Vec::new();
    let context = RouteContext { mesh, client, gateways: vec![MESH_GATEWAY.to_owned()], port };
    for (key, object) in &mesh.resources.virtual_services {
        if !routes_mesh(&object.spec) {
            continue;
        }
        let services = services_of(mesh, key, object)?;
        let services: Vec<_> = services.into_iter().filter(|service| service.port(port).is_some()).collect();
        if services.is_empty() {
            continue;
        }
        let list = routes::of_virtual_service(&context, key, object)?;
        if list.is_empty() {
            continue; // No route is for this caller, so the services keep their own.
        }
        // One host may be written twice, as `echo` and as `echo.NAMESPACE.svc.cluster.local`.
        let hosts_once: BTreeSet<String> =
            object.spec.hosts.iter().map(|host| routed_host(host, &key.namespace)).collect();
        for host in hosts_once.into_iter().filter(|host| !mesh.services.contains_key(host)) {
            claim_host(&mut owners, key, object, &host)?;
            hosts.push(virtual_host(&format!("{host}:{port}"), std::slice::from_ref(&host), &list));
        }
        for service in services {
            claim_host(&mut owners, key, object, &service.host)?;
            routed.push(&service.host);
            let domains = names::service_domains(&service.name, &service.namespace, &client.namespace);
            hosts.push(virtual_host(&format!("{}:{port}", service.host), &domains, &list));
        }
    }
    for service in mesh.services.values().filter(|service| !routed.contains(&service.host.as_str())) {
        if service.port(port).is_none() {
            continue;
        }
        let domains = names::service_domains(&service.name, &service.namespace, &client.namespace);
        let route = routes::default_route(&context, service);
        hosts.push(virtual_host(&format!("{}:{port}", service.host), &domains, &[route]));
    }
    Ok(hosts)
}

/// Full host of a VirtualService in lower case, as the hosts of Services are. Sidecars of Istio 1.31 ignore the case.
fn routed_host(host: &str, namespace: &str) -> String {
    names::full_host(host, namespace).to_ascii_lowercase()
}

/// A virtual host. Its domains have no ports, because ports of requests are ignored.
pub(crate) fn virtual_host(name: &str, domains: &[String], routes: &[Value]) -> Value {
    json!({
        "name": name,
        "domains": domains,
        "routes": routes,
        "include_request_attempt_count": true,
    })
}

fn routes_mesh(spec: &VirtualService) -> bool {
    spec.gateways.is_empty() || spec.gateways.iter().any(|gateway| gateway == MESH_GATEWAY)
}

fn services_of<'m>(
    mesh: &'m MeshView<'_>,
    key: &Key,
    object: &Object<VirtualService>,
) -> Result<Vec<&'m MeshService>, Diagnostics> {
    let diagnostic = |index: usize, message: String, help: &str| {
        Diagnostics::from(
            Diagnostic::new(message)
                .at(&object.location)
                .resource(format!("VirtualService {}/{}", key.namespace, key.name))
                .field(format!("spec.hosts[{index}]"))
                .help(help),
        )
    };
    let mut services: BTreeMap<&str, &MeshService> = BTreeMap::new();
    for (index, host) in object.spec.hosts.iter().enumerate() {
        if host.contains('*') {
            let message = format!("{host:?} has a wildcard, which local sidecars do not support");
            return Err(diagnostic(index, message, "list each service"));
        }
        let service = mesh.services.get(&routed_host(host, &key.namespace));
        services.extend(service.map(|service| (service.host.as_str(), service)));
    }
    if services.is_empty() {
        let message = "none of its hosts is a Service, so no sidecar uses it".to_owned();
        return Err(diagnostic(0, message, "use the short name of a Service in the same namespace, or its full name"));
    }
    Ok(services.into_values().collect())
}

/// Reports a host of two VirtualServices, which Istio would merge by age.
fn claim_host(
    owners: &mut BTreeMap<String, String>,
    key: &Key,
    object: &Object<VirtualService>,
    host: &str,
) -> Result<(), Diagnostics> {
    let resource = format!("VirtualService {}/{}", key.namespace, key.name);
    match owners.insert(host.to_owned(), resource.clone()) {
        None => Ok(()),
        Some(other) => Err(Diagnostic::new(format!("{other} routes the host {host} too"))
            .at(&object.location)
            .resource(resource)
            .field("spec.hosts")
            .help("merge the routes of the host into one VirtualService")
            .into()),
    }
}
