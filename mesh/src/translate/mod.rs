//! Resources and topology become each proxy's configuration.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{problem::Problems, resources::Resources, topology::Topology};

/// What one proxy serves, as Envoy v3 messages in JSON, without a word on how it is delivered: a listener's `rds`
/// names only its route configuration, an EDS cluster only its service, a TLS context only its secrets
/// (`default` and `ROOTCA`, as Istio names them).
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
    /// The SPIFFE identities that each TLS client context of this proxy accepts are inside `clusters`; the trust
    /// bundle and own certificate come by SDS.
    pub access_log: AccessLog,
}

/// Where the proxy writes its access log: the delivery fills in the path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccessLog;

/// The configuration of every proxy, by instance name.
pub type Translation = BTreeMap<String, ProxyConfig>;

/// Translates the resources for every pod with a sidecar and for the ingress gateway.
///
/// # Errors
/// Everything in the resources that cannot be translated truthfully.
pub fn translate(_resources: &Resources, _topology: &Topology) -> Result<Translation, Problems> {
    Ok(Translation::new())
}
