use std::collections::BTreeMap;

use serde_json::Value;

/// What one proxy serves, as Envoy v3 messages in JSON, without a word on how it is delivered: a listener's `rds`
/// names only its route configuration, an EDS cluster only its service, a TLS context only its secrets
/// ([`super::OWN_CERTIFICATE`] and [`super::TRUST_BUNDLE`]), an access log no path.
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
    /// The first half of a change: this configuration's clusters and endpoints in addition to those in force, whose
    /// listeners and routes stay. A route may name only clusters that are there, so these come before and the old
    /// ones go after.
    #[must_use]
    pub fn with_clusters_of(&self, next: &Self) -> Self {
        let mut both = self.clone();
        both.clusters.extend(next.clusters.clone());
        both.endpoints.extend(next.endpoints.clone());
        both
    }

    /// The middle of a change: the next listeners and routes, with the clusters of both.
    #[must_use]
    pub fn moved_to(&self, next: &Self) -> Self {
        Self { listeners: next.listeners.clone(), routes: next.routes.clone(), ..self.with_clusters_of(next) }
    }
}
