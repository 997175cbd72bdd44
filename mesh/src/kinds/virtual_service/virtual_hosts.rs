//! Checks the hosts and gateways of VirtualServices.

use std::collections::BTreeMap;

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{
        Gateway, Resources, VirtualService,
        references::{known, services},
    },
    manifest::{
        Key, Object,
        hosts::{self, MESH_GATEWAY},
    },
};

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    let mut routed: BTreeMap<(String, String), String> = BTreeMap::new();
    for service in set.virtual_services.values() {
        if service.spec.hosts.is_empty() {
            diagnostics.push(service.diagnostic("spec.hosts", "the VirtualService has no host").help("write a host"));
        }
        unserved(set, service, diagnostics);
        for gateway in gateways(service) {
            diagnostics.extend(gateway_exists(set, service, &gateway));
            for (index, host) in service.spec.hosts.iter().enumerate() {
                let field = format!("spec.hosts[{index}]");
                let host = hosts::full(host, &service.key.namespace).to_ascii_lowercase();
                let location = if gateway == MESH_GATEWAY {
                    "in the sidecars".to_owned()
                } else {
                    format!("at Gateway {gateway}")
                };
                let other = routed.insert((gateway.clone(), host.clone()), service.identity());
                if let Some(other) = other.filter(|other| *other != service.identity()) {
                    diagnostics.push(
                        service
                            .diagnostic(&field, format!("{other} routes {host} {location} too"))
                            .help("merge their routes; Istio would order them by age"),
                    );
                }
            }
        }
        conditions(service, diagnostics);
    }
}

/// Reports hosts that none of the gateways serves, and gateways that serve none of the hosts. One resource may be for
/// both the gateway and the sidecars.
fn unserved(set: &Resources, service: &Object<VirtualService>, diagnostics: &mut Vec<Diagnostic>) {
    let gateways = gateways(service);
    let diagnostic = |gateway: &str, index: usize, host: &str| {
        let host = hosts::full(host, &service.key.namespace).to_ascii_lowercase();
        host_is_served(set, service, &format!("spec.hosts[{index}]"), &host, gateway)
    };
    let hosts = || service.spec.hosts.iter().enumerate();
    let mut idle = Vec::new();
    for gateway in &gateways {
        let unserved: Vec<_> = hosts().filter_map(|(index, host)| diagnostic(gateway, index, host)).collect();
        if unserved.len() == service.spec.hosts.len() {
            idle.extend(unserved.into_iter().next());
        }
    }
    // A sidecar also routes hosts that are not Services.
    let anything = gateways.iter().any(|gateway| gateway == MESH_GATEWAY)
        && hosts().any(|(index, host)| diagnostic(MESH_GATEWAY, index, host).is_none());
    if idle.is_empty() && !anything {
        for (index, host) in hosts() {
            let unserved: Vec<_> = gateways.iter().map_while(|gateway| diagnostic(gateway, index, host)).collect();
            if unserved.len() == gateways.len() {
                idle.extend(unserved.into_iter().next());
            }
        }
    }
    diagnostics.extend(idle);
}

/// Gateways of a VirtualService as `namespace/name`, or `mesh`, the default.
fn gateways(service: &Object<VirtualService>) -> Vec<String> {
    let names = &service.spec.gateways;
    if names.is_empty() {
        vec![MESH_GATEWAY.to_owned()]
    } else {
        names.iter().map(|name| hosts::gateway(name, &service.key.namespace)).collect()
    }
}

fn find<'a>(set: &'a Resources, gateway: &str) -> Option<&'a Object<Gateway>> {
    let (namespace, name) = gateway.split_once('/')?;
    set.gateways.get(&Key::new(namespace, name))
}

fn gateway_exists(set: &Resources, service: &Object<VirtualService>, gateway: &str) -> Option<Diagnostic> {
    if gateway == MESH_GATEWAY || find(set, gateway).is_some() {
        return None;
    }
    if let Some(name) = gateway.strip_prefix("./") {
        // Istio's webhook rejects it too, although its router would accept it.
        return Some(
            service
                .diagnostic("spec.gateways", format!("invalid namespace `.` of the Gateway {gateway}"))
                .help(format!("write {name} for a Gateway of the same namespace")),
        );
    }
    let there: Vec<String> = set.gateways.keys().map(Key::to_string).collect();
    Some(
        service.diagnostic("spec.gateways", format!("Gateway {gateway} does not exist")).help(format!(
            "apply it first; existing: {}",
            known(there.iter().map(String::as_str).chain([MESH_GATEWAY]))
        )),
    )
}

/// Reports a host that no Service or Gateway has. Istio silently ignores it.
fn host_is_served(
    set: &Resources,
    service: &Object<VirtualService>,
    field: &str,
    host: &str,
    gateway: &str,
) -> Option<Diagnostic> {
    if gateway == MESH_GATEWAY {
        let services = services(set);
        return (!services.keys().any(|known| hosts::matches(host, known))).then(|| {
            service
                .diagnostic(field, format!("Service {host} does not exist, so no sidecar routes it"))
                .help(format!("existing: {}", known(services.keys().map(String::as_str))))
        });
    }
    let gateway = find(set, gateway)?;
    let opened: Vec<&str> = gateway.spec.servers.iter().flat_map(|server| &server.hosts).map(String::as_str).collect();
    let is_open = opened.iter().any(|open| {
        let (from, open) = open.split_once('/').unwrap_or(("*", open));
        let from = if from == "." { gateway.key.namespace.as_str() } else { from };
        (from == "*" || from == service.key.namespace) && hosts::overlap(open, host)
    });
    (!is_open).then(|| {
        service
            .diagnostic(field, format!("{} does not have the host {host}", gateway.identity()))
            .help(format!("add it there; existing: {}", known(opened)))
    })
}

/// Checks that matches name only gateways of the VirtualService.
fn conditions(service: &Object<VirtualService>, diagnostics: &mut Vec<Diagnostic>) {
    let bound = gateways(service);
    for (route, http) in service.spec.http.iter().enumerate() {
        for (at, condition) in http.matches.iter().enumerate() {
            for name in condition
                .gateways
                .iter()
                .map(|name| hosts::gateway(name, &service.key.namespace))
                .filter(|name| !bound.contains(name))
            {
                diagnostics.push(
                    service
                        .diagnostic(
                            &format!("spec.http[{route}].match[{at}].gateways"),
                            format!("{name} is not one of this resource's gateways"),
                        )
                        .help("write it into spec.gateways too"),
                );
            }
        }
    }
}
