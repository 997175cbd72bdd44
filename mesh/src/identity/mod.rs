//! Identities of the mesh: a CA created at start, and short-lived certificates with SPIFFE IDs.

pub mod authority;
pub mod secrets;

/// Istio's default trust domain.
pub const TRUST_DOMAIN: &str = "cluster.local";

/// SPIFFE ID of a service account, as `spiffe://cluster.local/ns/meshwalk/sa/frontend`.
pub fn spiffe_id(namespace: &str, service_account: &str) -> String {
    format!("spiffe://{TRUST_DOMAIN}/ns/{namespace}/sa/{service_account}")
}
