//! Istio's names of hosts, clusters, servers and identities.

use crate::manifest::{Key, hosts};
pub use crate::{
    identity::{TRUST_DOMAIN, spiffe_id},
    manifest::{
        ROOT_NAMESPACE,
        hosts::{CLUSTER_DOMAIN, MESH_GATEWAY, full as full_host},
    },
};

/// Cluster for requests to unknown hosts.
pub const PASSTHROUGH_CLUSTER: &str = "PassthroughCluster";
/// Cluster for requests to unknown hosts under REGISTRY_ONLY.
pub const BLACK_HOLE_CLUSTER: &str = "BlackHoleCluster";

/// Full name of a service, as `backend.meshwalk.svc.cluster.local`.
#[must_use]
pub fn service_host(name: &str, namespace: &str) -> String {
    hosts::service(&Key::new(namespace, name))
}

/// Cluster of a service's port, as `outbound|8080|v1|backend.meshwalk.svc.cluster.local`.
#[must_use]
pub fn outbound_cluster(port: u16, subset: &str, host: &str) -> String {
    format!("outbound|{port}|{subset}|{host}")
}

/// Cluster and route configuration of a sidecar's application, as `inbound|8080||`.
#[must_use]
pub fn inbound_cluster(port: u16) -> String {
    format!("inbound|{port}||")
}

/// SNI of a caller's TLS handshake, as `outbound_.8080_.v1_.backend.meshwalk.svc.cluster.local`.
#[must_use]
pub fn server_name(port: u16, subset: &str, host: &str) -> String {
    format!("outbound_.{port}_.{subset}_.{host}")
}

/// Domains of a service for callers in `client_namespace`: the full name with and without a trailing dot, shorter names
/// without the cluster's domain and `svc`, and in the same namespace the bare name.
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
    fn completes_only_names_without_a_dot() {
        assert_eq!(full_host("backend", "meshwalk"), "backend.meshwalk.svc.cluster.local");
        assert_eq!(full_host("backend.other", "meshwalk"), "backend.other");
        assert_eq!(full_host("*", "meshwalk"), "*");
    }

    #[test]
    fn domains_include_the_absolute_name() {
        let domains = service_domains("backend", "meshwalk", "other");
        assert!(domains.contains(&"backend.meshwalk.svc.cluster.local.".to_owned()), "{domains:?}");
    }

    #[test]
    fn domains_include_the_bare_name_only_in_the_same_namespace() {
        assert!(service_domains("backend", "meshwalk", "meshwalk").contains(&"backend".to_owned()));
        assert!(!service_domains("backend", "meshwalk", "other").contains(&"backend".to_owned()));
    }
}
