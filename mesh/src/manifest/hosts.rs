//! Host names in resources, by Istio's rules.

use super::Key;

/// Domain of the services' full names.
pub const CLUSTER_DOMAIN: &str = "cluster.local";

/// Full name of a service, as `backend.meshwalk.svc.cluster.local`.
pub fn service(key: &Key) -> String {
    format!("{}.{}.svc.{CLUSTER_DOMAIN}", key.name, key.namespace)
}

/// Full name of a host in a resource of `namespace`. A name without a dot is a service of that namespace. All other
/// names are already full, so `backend.meshwalk` does not match a service.
pub fn full(host: &str, namespace: &str) -> String {
    if host.contains('.') || host.starts_with('*') { host.to_owned() } else { service(&Key::new(namespace, host)) }
}

/// Name of all sidecars among a VirtualService's gateways.
pub const MESH_GATEWAY: &str = "mesh";

/// A Gateway that a VirtualService of `namespace` names, as `namespace/name`; `mesh` is unchanged.
///
/// Istio 1.31 accepts `NAME`, `NAMESPACE/NAME`, `NAME.NAMESPACE` and `NAME.NAMESPACE.svc.cluster.local`.
pub(crate) fn gateway(name: &str, namespace: &str) -> String {
    match name.split_once('.') {
        _ if name == MESH_GATEWAY || name.contains('/') => name.to_owned(),
        Some((name, domain)) => format!("{}/{name}", domain.split('.').next().unwrap_or_default()),
        None => format!("{namespace}/{name}"),
    }
}

/// True if a pattern (a name, `*.suffix` or `*`) matches a host. Case is ignored (RFC 3986, section 3.2.2).
pub fn matches(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    match pattern.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix) && (suffix.is_empty() || host.len() > suffix.len()),
        None => pattern == host,
    }
}

/// True if some host matches both patterns.
pub fn overlap(one: &str, other: &str) -> bool {
    matches(one, other) || matches(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_only_names_without_a_dot() {
        assert_eq!(full("backend", "meshwalk"), "backend.meshwalk.svc.cluster.local");
        assert_eq!(full("backend.meshwalk", "meshwalk"), "backend.meshwalk");
        assert_eq!(full("*.local", "meshwalk"), "*.local");
    }

    #[test]
    fn gateway_has_each_form_that_istio_accepts() {
        assert_eq!(gateway("mesh", "shop"), "mesh");
        for name in ["door", "shop/door", "door.shop", "door.shop.svc.cluster.local"] {
            assert_eq!(gateway(name, "shop"), "shop/door", "{name}");
        }
        assert_eq!(gateway("infra/door", "shop"), "infra/door");
        assert_eq!(gateway("door.infra", "shop"), "infra/door");
    }

    #[test]
    fn wildcard_matches_whole_names_with_the_suffix() {
        assert!(matches("*.local", "backend.meshwalk.svc.cluster.local"));
        assert!(matches("*", "anything"));
        assert!(matches("Meshwalk.localhost", "meshwalk.LOCALHOST"));
        assert!(!matches("*.local", ".local"));
        assert!(!matches("*.example.org", "example.org"));
        assert!(overlap("*.org", "*.example.org") && !overlap("*.org", "*.example.com"));
    }
}
