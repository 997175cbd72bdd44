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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(route: &str, cluster: &str) -> ProxyConfig {
        let one = |name: &str| BTreeMap::from([(name.to_owned(), json!({ "name": name }))]);
        ProxyConfig { routes: one(route), clusters: one(cluster), endpoints: one(cluster), ..ProxyConfig::default() }
    }

    #[test]
    fn at_every_moment_of_a_change_the_clusters_of_the_routes_are_there() {
        let (before, after) = (config("old", "old"), config("new", "new"));
        let first = before.with_clusters_of(&after);
        assert!(first.clusters.len() == 2 && first.endpoints.len() == 2);
        assert_eq!(first.routes, before.routes);
        let middle = before.moved_to(&after);
        assert!(middle.clusters.len() == 2 && middle.endpoints.len() == 2);
        assert_eq!(middle.routes, after.routes);
    }

    #[test]
    fn a_cluster_that_changed_is_the_next_one_from_the_beginning() {
        let before = config("route", "cluster");
        let mut after = before.clone();
        after.clusters.insert("cluster".to_owned(), json!({ "changed": true }));
        assert_eq!(before.with_clusters_of(&after).clusters, after.clusters);
    }
}
