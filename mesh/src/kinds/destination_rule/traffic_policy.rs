//! Traffic policies of DestinationRules: load balancing, limits, outlier detection, TLS.

use serde::Deserialize;

use crate::kinds::{Duration, LoadBalancer, PortSelector};

/// Traffic policy of a service or subset.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrafficPolicy {
    /// Load balancer.
    #[serde(default)]
    pub load_balancer: Option<LoadBalancer>,
    /// Limits of connections and requests.
    #[serde(default)]
    pub connection_pool: Option<ConnectionPool>,
    /// Outlier detection.
    #[serde(default)]
    pub outlier_detection: Option<OutlierDetection>,
    /// TLS of connections. If absent, chosen for each endpoint.
    #[serde(default)]
    pub tls: Option<ClientTls>,
    /// Policies of single ports, which replace this policy.
    #[serde(default)]
    pub port_level_settings: Vec<PortTrafficPolicy>,
}

/// Traffic policy of one port. Absent settings have their defaults, not the wider policy's values.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortTrafficPolicy {
    /// Port of the service.
    pub port: PortSelector,
    /// Load balancer.
    #[serde(default)]
    pub load_balancer: Option<LoadBalancer>,
    /// Limits of connections and requests.
    #[serde(default)]
    pub connection_pool: Option<ConnectionPool>,
    /// Outlier detection.
    #[serde(default)]
    pub outlier_detection: Option<OutlierDetection>,
    /// TLS of connections.
    #[serde(default)]
    pub tls: Option<ClientTls>,
}

/// Limits of connections and requests.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionPool {
    /// Limits of connections.
    #[serde(default)]
    pub tcp: Option<TcpConnections>,
    /// Limits of requests.
    #[serde(default)]
    pub http: Option<HttpConnections>,
}

/// Limits of connections.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TcpConnections {
    /// Maximum number of connections to a destination.
    #[serde(default)]
    pub max_connections: Option<u32>,
    /// Connect timeout; 10 s by default.
    #[serde(default)]
    pub connect_timeout: Option<Duration>,
    /// Maximum age of a connection.
    #[serde(default)]
    pub max_connection_duration: Option<Duration>,
    /// TCP keepalive.
    #[serde(default)]
    pub tcp_keepalive: Option<TcpKeepalive>,
}

/// TCP keepalive settings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TcpKeepalive {
    /// Number of unanswered probes that close a connection.
    #[serde(default)]
    pub probes: Option<u32>,
    /// Idle time before the first probe.
    #[serde(default)]
    pub time: Option<Duration>,
    /// Interval between two probes.
    #[serde(default)]
    pub interval: Option<Duration>,
}

/// Limits of requests.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpConnections {
    /// Maximum number of requests that wait for a connection.
    #[serde(default)]
    pub http1_max_pending_requests: Option<u32>,
    /// Maximum number of concurrent requests.
    #[serde(default)]
    pub http2_max_requests: Option<u32>,
    /// Maximum number of requests on one connection; 0 is unlimited.
    #[serde(default)]
    pub max_requests_per_connection: Option<u32>,
    /// Maximum number of concurrent retries.
    #[serde(default)]
    pub max_retries: Option<u32>,
    /// Idle timeout of a connection; 1 h by default.
    #[serde(default)]
    pub idle_timeout: Option<Duration>,
    /// Upgrade of HTTP/1.1 requests to HTTP/2.
    #[serde(default)]
    pub h2_upgrade_policy: H2UpgradePolicy,
    /// Keeps the caller's protocol if true.
    #[serde(default)]
    pub use_client_protocol: bool,
    /// Maximum number of concurrent requests on one HTTP/2 connection.
    #[serde(default)]
    pub max_concurrent_streams: Option<u32>,
}

/// Upgrade of HTTP/1.1 requests to HTTP/2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum H2UpgradePolicy {
    /// The default of the mesh: no upgrade.
    #[default]
    Default,
    /// No upgrade.
    DoNotUpgrade,
    /// Upgrade.
    Upgrade,
}

/// Outlier detection: ejects endpoints after consecutive errors.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutlierDetection {
    /// Number of consecutive 502, 503 and 504; not counted by default.
    #[serde(default)]
    pub consecutive_gateway_errors: Option<u32>,
    /// Number of consecutive 5xx; 5 by default, 0 disables it.
    #[serde(default, rename = "consecutive5xxErrors")]
    pub consecutive_5xx_errors: Option<u32>,
    /// Interval of the checks; 10 s by default.
    #[serde(default)]
    pub interval: Option<Duration>,
    /// First ejection time, and the increment of further ones; 30 s by default.
    #[serde(default)]
    pub base_ejection_time: Option<Duration>,
    /// Maximum ejected percentage of endpoints; 10 by default.
    #[serde(default)]
    pub max_ejection_percent: Option<u32>,
    /// Healthy percentage below which all endpoints are used; 0 by default.
    #[serde(default)]
    pub min_health_percent: Option<u32>,
    /// Counts local errors separately from responses if true.
    #[serde(default)]
    pub split_external_local_origin_errors: bool,
    /// Number of consecutive local errors.
    #[serde(default)]
    pub consecutive_local_origin_failures: Option<u32>,
}

/// TLS of a caller's connections.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientTls {
    /// TLS mode.
    #[serde(default)]
    pub mode: ClientTlsMode,
    /// SNI, instead of Istio's.
    #[serde(default)]
    pub sni: Option<String>,
    /// Allowed identities of the server, instead of the service's accounts.
    #[serde(default)]
    pub subject_alt_names: Vec<String>,
}

/// TLS mode of a caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientTlsMode {
    /// No TLS.
    #[default]
    Disable,
    /// Mutual TLS with the mesh's certificates.
    IstioMutual,
}
