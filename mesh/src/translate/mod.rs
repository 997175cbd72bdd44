//! Resources and topology become each proxy's configuration.

mod authorization;
pub mod bootstrap;
mod clusters;
mod connection_manager;
mod connection_pool;
mod endpoints;
mod fault;
pub mod files;
mod gateway;
mod gateway_hosts;
mod header_operations;
mod inbound;
mod load_balancing;
mod mesh;
mod message;
pub mod names;
mod outbound;
mod outlier_detection;
mod peer_authentication;
mod policy;
mod protocol;
mod proxy_config;
mod rbac;
mod retry;
mod route_action;
mod route_match;
mod routes;
mod telemetry;
mod tls;
mod virtual_hosts;
mod wasm_module;
mod workload;

use std::collections::BTreeMap;

use crate::{problem::Problems, resources::Resources, topology::Topology};

use mesh::Mesh;
pub use proxy_config::ProxyConfig;
pub use tls::{OWN_CERTIFICATE, TRUST_BUNDLE};

/// The configuration of every proxy, by instance name.
pub type Translation = BTreeMap<String, ProxyConfig>;

/// Translates the resources for every pod with a sidecar and for the ingress gateway.
///
/// # Errors
/// Everything in the resources that cannot be translated truthfully.
pub fn translate(resources: &Resources, topology: &Topology) -> Result<Translation, Problems> {
    let mesh = Mesh::new(resources, topology)?;
    let mut translation = Translation::new();
    let mut problems = Vec::new();
    for instance in topology.instances.iter().filter(|instance| instance.sidecar) {
        let mut config = ProxyConfig::default();
        for added in [inbound::add(&mesh, instance, &mut config), outbound::add(&mesh, instance, &mut config)] {
            note(added, &mut problems);
        }
        translation.insert(instance.name.clone(), config);
    }
    let mut config = ProxyConfig::default();
    note(gateway::add(&mesh, &mut config), &mut problems);
    translation.insert(topology.gateway.name.clone(), config);
    if problems.is_empty() { Ok(translation) } else { Err(Problems(problems)) }
}

/// One mistake in a resource concerns many proxies, and is told once.
fn note(result: Result<(), Problems>, problems: &mut Vec<crate::problem::Problem>) {
    for problem in result.err().into_iter().flat_map(|problems| problems.0) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}
