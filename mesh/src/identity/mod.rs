//! Who is who in the mesh: a CA made at start, and short-lived certificates with SPIFFE identities.

pub mod authority;
pub mod secrets;

/// The trust domain, Istio's default.
pub const TRUST_DOMAIN: &str = "cluster.local";

/// A workload's identity, as `spiffe://cluster.local/ns/meshwalk/sa/frontend` (SPIFFE-ID, section 2; Istio's path).
pub fn spiffe_id(namespace: &str, service_account: &str) -> String {
    format!("spiffe://{TRUST_DOMAIN}/ns/{namespace}/sa/{service_account}")
}
