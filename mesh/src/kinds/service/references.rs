//! References and protocols of Services' ports.

use std::collections::BTreeSet;

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{PortReference, Resources, Service, ServicePort, references::known},
    manifest::{Object, has_labels},
};

/// Supported protocols of a port.
const PROTOCOLS: [&str; 6] = ["http", "http2", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws"];

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    for service in set.services.values() {
        let mut numbers = BTreeSet::new();
        let mut names = BTreeSet::new();
        for (index, port) in service.spec.ports.iter().enumerate() {
            let field = |name: &str| format!("spec.ports[{index}]{name}");
            diagnostics.extend(protocol(service, port, &field("")));
            if !numbers.insert(port.port) {
                let diagnostic = service.diagnostic(&field(".port"), format!("duplicate port {}", port.port));
                diagnostics.push(diagnostic.help("use different numbers"));
            }
            if !names.insert(port.name.as_deref()) {
                let message = match &port.name {
                    Some(name) => format!("duplicate port name {name}"),
                    None => "several ports have no name".to_owned(),
                };
                diagnostics.push(service.diagnostic(&field(".name"), message).help("use different names"));
            }
            diagnostics.extend(target(set, service, port, &field(".targetPort")));
        }
    }
}

/// Istio's explicit protocol selection: `appProtocol`, or else the port's name up to the first hyphen.
fn protocol(service: &Object<Service>, port: &ServicePort, field: &str) -> Option<Diagnostic> {
    let name = port.name.as_deref().unwrap_or_default();
    let protocol = match &port.app_protocol {
        Some(protocol) => protocol.to_ascii_lowercase(),
        None if name.starts_with("grpc-web") => "grpc-web".to_owned(),
        None => name.split('-').next().unwrap_or_default().to_ascii_lowercase(),
    };
    if PROTOCOLS.contains(&protocol.as_str()) {
        return None;
    }
    let diagnostic = match protocol.as_str() {
        "tcp" | "udp" | "tls" | "https" | "mongo" | "mysql" | "redis" => service
            .diagnostic(field, format!("the local mesh does not support the protocol {protocol}"))
            .help("remove the port"),
        _ => service
            .diagnostic(field, format!("cannot determine the protocol of port {}", port.port))
            .help("write appProtocol: http (or http2, grpc), or begin the port's name with it, as http-api"),
    };
    Some(diagnostic)
}

/// Checks that a target port given by name is declared by a pod of the Service, if there are any.
fn target(set: &Resources, service: &Object<Service>, port: &ServicePort, field: &str) -> Option<Diagnostic> {
    let Some(PortReference::Name(name)) = &port.target_port else { return None };
    let behind = set.deployments.values().filter(|deployment| {
        deployment.key.namespace == service.key.namespace
            && !service.spec.selector.is_empty()
            && has_labels(&deployment.spec.template.metadata.labels, &service.spec.selector)
    });
    let mut declared = BTreeSet::new();
    for deployment in behind {
        for container in &deployment.spec.template.spec.containers {
            declared.extend(container.ports.iter().map(|port| port.name.as_deref().unwrap_or_default()));
        }
    }
    (!declared.is_empty() && !declared.contains(name.as_str())).then(|| {
        service
            .diagnostic(field, format!("no container of this Service declares the port {name}"))
            .help(format!("existing: {}", known(declared)))
    })
}
