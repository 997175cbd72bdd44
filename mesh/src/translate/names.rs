//! The names that Istio gives: hosts, clusters, server names, identities. Dashboards, logs and readers know them.

use crate::manifest::{Key, hosts};
pub use crate::{
    identity::{TRUST_DOMAIN, spiffe_id},
    manifest::hosts::{CLUSTER_DOMAIN, full as full_host},
};

/// The namespace whose policies hold for the whole mesh.
pub const ROOT_NAMESPACE: &str = "istio-system";
/// The cluster that requests for unknown hosts go through.
pub const PASSTHROUGH_CLUSTER: &str = "PassthroughCluster";
/// What requests for unknown hosts meet if the mesh lets nobody out.
pub const BLACK_HOLE_CLUSTER: &str = "BlackHoleCluster";
/// The word in a VirtualService's gateways that stands for every sidecar.
pub const MESH_GATEWAY: &str = "mesh";

/// A service's full name, as `backend.meshwalk.svc.cluster.local`.
#[must_use]
pub fn service_host(name: &str, namespace: &str) -> String {
    hosts::service(&Key::new(namespace, name))
}

/// The cluster of a service's port, as `outbound|8080|v1|backend.meshwalk.svc.cluster.local`.
#[must_use]
pub fn outbound_cluster(port: u16, subset: &str, host: &str) -> String {
    format!("outbound|{port}|{subset}|{host}")
}

/// The cluster, and route configuration, of the app behind a sidecar, as `inbound|8080||`.
#[must_use]
pub fn inbound_cluster(port: u16) -> String {
    format!("inbound|{port}||")
}

/// What a caller's TLS handshake names, as `outbound_.8080_.v1_.backend.meshwalk.svc.cluster.local`.
#[must_use]
pub fn server_name(port: u16, subset: &str, host: &str) -> String {
    format!("outbound_.{port}_.{subset}_.{host}")
}

/// The names under which a caller in `client_namespace` may ask for a service: the full one, with and without the dot
/// of an absolute name, the same without the cluster's domain, with and without `svc`, and from the same namespace the
/// bare one.
#[must_use]
pub fn service_domains(name: &str, namespace: &str, client_namespace: &str) -> Vec<String> {
    let full = service_host(name, namespace);
    let absolute = format!("{full}.");
    let mut domains = vec![full, absolute];
    if namespace == client_namespace {
        domains.push(name.to_owned());
    }
    domains.push(format!("{name}.{namespace}.svc"));
    domains.push(format!("{name}.{namespace}"));
    domains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_without_a_dot_is_completed() {
        assert_eq!(full_host("backend", "meshwalk"), "backend.meshwalk.svc.cluster.local");
        assert_eq!(full_host("backend.other", "meshwalk"), "backend.other");
        assert_eq!(full_host("*", "meshwalk"), "*");
    }

    #[test]
    fn the_full_name_is_known_as_an_absolute_one_too() {
        let domains = service_domains("backend", "meshwalk", "other");
        assert!(domains.contains(&"backend.meshwalk.svc.cluster.local.".to_owned()), "{domains:?}");
    }

    #[test]
    fn the_bare_name_is_known_only_in_the_services_own_namespace() {
        assert!(service_domains("backend", "meshwalk", "meshwalk").contains(&"backend".to_owned()));
        assert!(!service_domains("backend", "meshwalk", "other").contains(&"backend".to_owned()));
    }
}
