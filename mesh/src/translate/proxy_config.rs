use std::collections::BTreeMap;

use serde_json::Value;

use super::message::set;

/// What one proxy serves, as Envoy v3 messages in JSON, without a word on how it is delivered: a listener's `rds`
/// names only its route configuration, a TLS context only its secrets ([`super::OWN_CERTIFICATE`] and
/// [`super::TRUST_BUNDLE`]), an access log no path, and a service's cluster has its endpoints beside it.
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
    /// The clusters, each with its endpoints inside.
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
