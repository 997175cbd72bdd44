//! Translates resources and topology into each proxy's configuration.

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
mod mesh_view;
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

use crate::{resources::Resources, topology::Topology};
use meshwalk_yaml::Diagnostics;

use mesh_view::MeshView;
pub use proxy_config::ProxyConfig;
pub use tls::{OWN_CERTIFICATE, TRUST_BUNDLE};

/// Configuration of each proxy, by pod name.
pub type Translation = BTreeMap<String, ProxyConfig>;

/// Translates the resources for every pod with a sidecar and for the ingress gateway.
///
/// # Errors
/// Everything in the resources that cannot be translated.
pub fn translate(resources: &Resources, topology: &Topology) -> Result<Translation, Diagnostics> {
    let mesh = MeshView::new(resources, topology)?;
    let mut translation = Translation::new();
    let mut diagnostics = Vec::new();
    for instance in topology.instances.iter().filter(|instance| instance.sidecar) {
        let mut config = ProxyConfig::default();
        for added in [inbound::add(&mesh, instance, &mut config), outbound::add(&mesh, instance, &mut config)] {
            note(added, &mut diagnostics);
        }
        translation.insert(instance.name.clone(), config);
    }
    let mut config = ProxyConfig::default();
    note(gateway::add(&mesh, &mut config), &mut diagnostics);
    translation.insert(topology.gateway.name.clone(), config);
    if diagnostics.is_empty() { Ok(translation) } else { Err(Diagnostics(diagnostics)) }
}

/// Collects diagnostics without duplicates: a problem may affect many proxies.
fn note(result: Result<(), Diagnostics>, diagnostics: &mut Vec<meshwalk_yaml::Diagnostic>) {
    for diagnostic in result.err().into_iter().flat_map(|diagnostics| diagnostics.0) {
        if !diagnostics.contains(&diagnostic) {
            diagnostics.push(diagnostic);
        }
    }
}
