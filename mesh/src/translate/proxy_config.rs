use std::collections::BTreeMap;

use serde_json::Value;

use super::message::set;

/// Configuration of one proxy as Envoy v3 messages in JSON, independent of its delivery. A listener's `rds` has only
/// the name of a route configuration, a TLS context only the names of its secrets ([`super::OWN_CERTIFICATE`] and
/// [`super::TRUST_BUNDLE`]), and an access log no path. Endpoints are separate from their clusters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProxyConfig {
    /// `envoy.config.listener.v3.Listener` by name.
    pub listeners: BTreeMap<String, Value>,
    /// `envoy.config.route.v3.RouteConfiguration` by name.
    pub routes: BTreeMap<String, Value>,
    /// `envoy.config.cluster.v3.Cluster` by name.
    pub clusters: BTreeMap<String, Value>,
    /// `envoy.config.endpoint.v3.ClusterLoadAssignment` by cluster name.
    pub endpoints: BTreeMap<String, Value>,
}

impl ProxyConfig {
    /// Clusters with their endpoints inside.
    pub(crate) fn clusters_with_endpoints(&self) -> impl Iterator<Item = Value> {
        self.clusters.iter().map(|(name, cluster)| {
            let mut cluster = cluster.clone();
            if let Some(endpoints) = self.endpoints.get(name) {
                set(&mut cluster, "load_assignment", endpoints.clone());
            }
            cluster
        })
    }
}
