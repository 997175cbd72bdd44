//! Services and pods of the mesh, derived from resources and topology.

use std::collections::{BTreeMap, BTreeSet};

use meshwalk_yaml::{Diagnostic, Diagnostics};

use super::{
    names::{self, ROOT_NAMESPACE},
    protocol::{self, Protocol, ProtocolError},
};
use crate::{
    kinds::{DestinationRule, PortReference},
    manifest::has_labels,
    resources::Resources,
    topology::{Instance, Topology},
};

/// View of the mesh for the translation.
pub(crate) struct MeshView<'a> {
    pub(crate) resources: &'a Resources,
    pub(crate) topology: &'a Topology,
    /// Services by full name.
    pub(crate) services: BTreeMap<String, MeshService>,
}

/// A service with the names and accounts that Istio derives.
pub(crate) struct MeshService {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) host: String,
    pub(crate) selector: BTreeMap<String, String>,
    pub(crate) ports: Vec<MeshPort>,
}

/// A port of a service.
pub(crate) struct MeshPort {
    pub(crate) number: u16,
    pub(crate) protocol: Protocol,
    pub(crate) target: PortReference,
}

impl<'a> MeshView<'a> {
    /// # Errors
    /// Ports with an unknown or unsupported protocol, and pods with several service ports.
    pub(crate) fn new(resources: &'a Resources, topology: &'a Topology) -> Result<Self, Diagnostics> {
        let mut diagnostics = Vec::new();
        let mut services = BTreeMap::new();
        for (key, object) in &resources.services {
            let mut ports = Vec::new();
            for (index, port) in object.spec.ports.iter().enumerate() {
                let target = port.target_port.clone().unwrap_or(PortReference::Number(port.port));
                match protocol::of_port(port) {
                    Ok(protocol) => ports.push(MeshPort { number: port.port, protocol, target }),
                    Err(error) => diagnostics.push(
                        Diagnostic::new(error.to_string())
                            .at(&object.location)
                            .resource(format!("Service {}/{}", key.namespace, key.name))
                            .field(format!("spec.ports[{index}]"))
                            .help(help(&error)),
                    ),
                }
            }
            let host = names::service_host(&key.name, &key.namespace);
            services.insert(
                host.clone(),
                MeshService {
                    name: key.name.clone(),
                    namespace: key.namespace.clone(),
                    host,
                    selector: object.spec.selector.clone(),
                    ports,
                },
            );
        }
        let mesh = Self { resources, topology, services };
        diagnostics.extend(topology.instances.iter().filter_map(|instance| mesh.one_app_port(instance)));
        if diagnostics.is_empty() { Ok(mesh) } else { Err(Diagnostics(diagnostics)) }
    }

    /// Pods of a service, ready or not.
    pub(crate) fn instances_of<'s>(&'s self, service: &'s MeshService) -> impl Iterator<Item = &'a Instance> + 's {
        self.topology.instances.iter().filter(|instance| service.selects(instance))
    }

    /// Ports of a pod to which services lead, with the services.
    pub(crate) fn inbound_ports(&self, instance: &Instance) -> BTreeMap<u16, Vec<(&MeshService, &MeshPort)>> {
        let mut ports: BTreeMap<u16, Vec<_>> = BTreeMap::new();
        for service in self.services.values().filter(|service| service.selects(instance)) {
            for port in &service.ports {
                if let Some(number) = port.port_of(instance) {
                    ports.entry(number).or_default().push((service, port));
                }
            }
        }
        ports
    }

    /// DestinationRule for callers in `client_namespace`. The caller's namespace precedes the service's and the root
    /// namespace; within each, the most specific host wins. For callers in the root namespace, such as the ingress
    /// gateway, Istio 1.31 skips the first step: the service's own rule precedes one for the whole mesh.
    pub(crate) fn destination_rule(
        &self,
        client_namespace: &str,
        service: &MeshService,
    ) -> Option<&'a DestinationRule> {
        let of_caller = Some(client_namespace).filter(|namespace| *namespace != ROOT_NAMESPACE);
        of_caller.into_iter().chain([service.namespace.as_str(), ROOT_NAMESPACE]).find_map(|namespace| {
            self.resources
                .destination_rules
                .iter()
                .filter(|(key, _)| key.namespace == namespace)
                .map(|(_, object)| (names::full_host(&object.spec.host, namespace), &object.spec))
                .filter(|(host, _)| covers(host, &service.host))
                .max_by_key(|(host, _)| (!host.starts_with('*'), host.len()))
                .map(|(_, rule)| rule)
        })
    }

    /// Identities of all accounts of a service, regardless of subsets.
    pub(crate) fn identities_of(&self, service: &MeshService) -> BTreeSet<String> {
        self.instances_of(service)
            .map(|instance| names::spiffe_id(&instance.namespace, &instance.service_account))
            .collect()
    }

    /// Reports a pod with several service ports, because the application has only one socket behind its sidecar.
    fn one_app_port(&self, instance: &Instance) -> Option<Diagnostic> {
        let ports = self.inbound_ports(instance);
        (instance.sidecar && ports.len() > 1).then(|| {
            Diagnostic::new(format!(
                "services lead to several ports of one pod: {}",
                ports.keys().map(u16::to_string).collect::<Vec<_>>().join(", ")
            ))
            .resource(format!("Deployment {}/{}", instance.namespace, instance.workload))
            .help("use one port of each pod; the local mesh supports no more")
        })
    }
}

fn help(error: &ProtocolError) -> &'static str {
    match error {
        ProtocolError::Unknown(_) => "set appProtocol: http (or http2, grpc), or begin the port's name with it",
        ProtocolError::NotHttp(..) => "remove the port from the Service",
    }
}

impl MeshService {
    fn selects(&self, instance: &Instance) -> bool {
        !self.selector.is_empty()
            && self.namespace == instance.namespace
            && has_labels(&instance.labels, &self.selector)
    }

    /// Port with this number, or `None`.
    pub(crate) fn port(&self, number: u16) -> Option<&MeshPort> {
        self.ports.iter().find(|port| port.number == number)
    }
}

impl MeshPort {
    /// Port number of a pod to which this port leads, or `None` if the pod does not declare the name.
    pub(crate) fn port_of(&self, instance: &Instance) -> Option<u16> {
        match &self.target {
            PortReference::Number(number) => Some(*number),
            PortReference::Name(name) => {
                instance.container_ports.iter().find(|port| port.name.as_deref() == Some(name)).map(|port| port.number)
            }
        }
    }
}

/// True if a pattern, a host or a wildcard, matches a host.
pub(crate) fn covers(pattern: &str, host: &str) -> bool {
    pattern == host || pattern.strip_prefix('*').is_some_and(|suffix| host.ends_with(suffix))
}
