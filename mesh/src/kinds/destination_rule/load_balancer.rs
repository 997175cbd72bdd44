//! Load balancing in DestinationRules.

use serde::Deserialize;

use crate::kinds::Duration;

/// Load balancer of a destination.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// Algorithm independent of the request.
    #[serde(default)]
    pub simple: Option<SimpleLoadBalancer>,
    /// Consistent hashing by a property of the request.
    #[serde(default)]
    pub consistent_hash: Option<ConsistentHash>,
}

/// Algorithms independent of the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SimpleLoadBalancer {
    /// Istio's default, which is [`Self::LeastRequest`].
    #[default]
    Unspecified,
    /// The endpoint with fewer active requests, of two random ones.
    LeastRequest,
    /// Old name of [`Self::LeastRequest`].
    LeastConn,
    /// A random endpoint.
    Random,
    /// Each endpoint in turn.
    RoundRobin,
}

/// Consistent hashing by one property of the request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsistentHash {
    /// Header to hash.
    #[serde(default)]
    pub http_header_name: Option<String>,
    /// Cookie to hash, created if absent.
    #[serde(default)]
    pub http_cookie: Option<HttpCookie>,
    /// Hashes the caller's address if true.
    #[serde(default)]
    pub use_source_ip: Option<bool>,
    /// Query parameter to hash.
    #[serde(default)]
    pub http_query_parameter_name: Option<String>,
    /// Ring hash, the default algorithm.
    #[serde(default)]
    pub ring_hash: Option<RingHash>,
    /// Maglev algorithm.
    #[serde(default)]
    pub maglev: Option<Maglev>,
}

/// Cookie for consistent hashing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpCookie {
    /// Name of the cookie.
    pub name: String,
    /// Path of the cookie.
    #[serde(default)]
    pub path: Option<String>,
    /// Lifetime of a created cookie; 0 is a session cookie. If absent, no cookie is created.
    #[serde(default, deserialize_with = "crate::kinds::values::zero_allowed")]
    pub ttl: Option<Duration>,
}

/// Ring hash algorithm.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RingHash {
    /// Minimum size of the ring; 1024 by default.
    #[serde(default)]
    pub minimum_ring_size: Option<u64>,
}

/// Maglev algorithm.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Maglev {
    /// Size of the table, a prime number; 65537 by default.
    #[serde(default)]
    pub table_size: Option<u64>,
}
