//! How callers treat a destination: balancing, limits, ejection, TLS.

use serde::Deserialize;

use crate::kinds::{Duration, LoadBalancer, PortSelector};

/// How callers treat a destination.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrafficPolicy {
    /// Which of its instances is taken.
    #[serde(default)]
    pub load_balancer: Option<LoadBalancer>,
    /// Limits of connections and requests.
    #[serde(default)]
    pub connection_pool: Option<ConnectionPool>,
    /// When an instance is left out for a while.
    #[serde(default)]
    pub outlier_detection: Option<OutlierDetection>,
    /// Whether connections are encrypted. Chosen per endpoint if it is absent.
    #[serde(default)]
    pub tls: Option<ClientTls>,
    /// What holds for single ports instead.
    #[serde(default)]
    pub port_level_settings: Vec<PortTrafficPolicy>,
}

/// How callers treat one port of a destination. What is absent here has its default, whatever the other ports have.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortTrafficPolicy {
    /// The port.
    pub port: PortSelector,
    /// Which of its instances is taken.
    #[serde(default)]
    pub load_balancer: Option<LoadBalancer>,
    /// Limits of connections and requests.
    #[serde(default)]
    pub connection_pool: Option<ConnectionPool>,
    /// When an instance is left out for a while.
    #[serde(default)]
    pub outlier_detection: Option<OutlierDetection>,
    /// Whether connections are encrypted.
    #[serde(default)]
    pub tls: Option<ClientTls>,
}

/// Limits of connections and requests.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionPool {
    /// Of connections.
    #[serde(default)]
    pub tcp: Option<TcpConnections>,
    /// Of requests.
    #[serde(default)]
    pub http: Option<HttpConnections>,
}

/// Limits of connections.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TcpConnections {
    /// How many at once to one destination.
    #[serde(default)]
    pub max_connections: Option<u32>,
    /// How long one may take to come about; 10 s by default.
    #[serde(default)]
    pub connect_timeout: Option<Duration>,
    /// How long one may live.
    #[serde(default)]
    pub max_connection_duration: Option<Duration>,
    /// Whether the kernel looks after idle ones.
    #[serde(default)]
    pub tcp_keepalive: Option<TcpKeepalive>,
}

/// How the kernel looks after idle connections.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TcpKeepalive {
    /// How many probes without an answer end a connection.
    #[serde(default)]
    pub probes: Option<u32>,
    /// How long a connection is idle before the first probe.
    #[serde(default)]
    pub time: Option<Duration>,
    /// From one probe to the next.
    #[serde(default)]
    pub interval: Option<Duration>,
}

/// Limits of requests.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpConnections {
    /// How many requests may wait for a connection.
    #[serde(default)]
    pub http1_max_pending_requests: Option<u32>,
    /// How many requests at once.
    #[serde(default)]
    pub http2_max_requests: Option<u32>,
    /// How many requests one connection serves; 0 is no limit.
    #[serde(default)]
    pub max_requests_per_connection: Option<u32>,
    /// How many retries at once.
    #[serde(default)]
    pub max_retries: Option<u32>,
    /// How long a connection may stay without a request; 1 h by default.
    #[serde(default)]
    pub idle_timeout: Option<Duration>,
    /// Whether HTTP/1.1 requests go over HTTP/2.
    #[serde(default)]
    pub h2_upgrade_policy: H2UpgradePolicy,
    /// Whether the caller's protocol is kept.
    #[serde(default)]
    pub use_client_protocol: bool,
    /// How many requests at once on one HTTP/2 connection.
    #[serde(default)]
    pub max_concurrent_streams: Option<u32>,
}

/// Whether HTTP/1.1 requests go over HTTP/2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum H2UpgradePolicy {
    /// The mesh's default, which is not to.
    #[default]
    Default,
    /// They do not.
    DoNotUpgrade,
    /// They do.
    Upgrade,
}

/// When an instance is left out for a while.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutlierDetection {
    /// How many 502, 503 and 504 in a row; not counted by default.
    #[serde(default)]
    pub consecutive_gateway_errors: Option<u32>,
    /// How many 5xx in a row; 5 by default, 0 switches it off.
    #[serde(default, rename = "consecutive5xxErrors")]
    pub consecutive_5xx_errors: Option<u32>,
    /// From one look to the next; 10 s by default.
    #[serde(default)]
    pub interval: Option<Duration>,
    /// How long the first time, and how much longer each time; 30 s by default.
    #[serde(default)]
    pub base_ejection_time: Option<Duration>,
    /// How many per cent of the instances at most; 10 by default.
    #[serde(default)]
    pub max_ejection_percent: Option<u32>,
    /// With fewer healthy ones, in per cent, all are taken; 0 by default.
    #[serde(default)]
    pub min_health_percent: Option<u32>,
    /// Whether connections that fail are counted apart from answers.
    #[serde(default)]
    pub split_external_local_origin_errors: bool,
    /// How many of these in a row.
    #[serde(default)]
    pub consecutive_local_origin_failures: Option<u32>,
}

/// Whether and how connections are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientTls {
    /// How.
    #[serde(default)]
    pub mode: ClientTlsMode,
    /// The server's name, instead of the one that Istio makes.
    #[serde(default)]
    pub sni: Option<String>,
    /// The identities that the server may have, instead of those of the service's accounts.
    #[serde(default)]
    pub subject_alt_names: Vec<String>,
}

/// How connections are encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientTlsMode {
    /// Not at all.
    #[default]
    Disable,
    /// By the mesh's certificates, on both sides.
    IstioMutual,
}
