//! Which instance of a destination a request goes to.

use serde::Deserialize;

use crate::kinds::Duration;

/// Which instance of a destination is taken.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// A rule that needs nothing of the request.
    #[serde(default)]
    pub simple: Option<SimpleLoadBalancer>,
    /// The same instance for the same value.
    #[serde(default)]
    pub consistent_hash: Option<ConsistentHash>,
}

/// Rules that need nothing of the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SimpleLoadBalancer {
    /// Istio's default, which is [`Self::LeastRequest`].
    #[default]
    Unspecified,
    /// The one with fewer open requests, of two taken at random.
    LeastRequest,
    /// The old name of [`Self::LeastRequest`].
    LeastConn,
    /// Any.
    Random,
    /// One after the other.
    RoundRobin,
}

/// The same instance for the same value of one property of the request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsistentHash {
    /// The property is a header.
    #[serde(default)]
    pub http_header_name: Option<String>,
    /// The property is a cookie, which is made if it is not there.
    #[serde(default)]
    pub http_cookie: Option<HttpCookie>,
    /// The property is the caller's address.
    #[serde(default)]
    pub use_source_ip: Option<bool>,
    /// The property is a query parameter.
    #[serde(default)]
    pub http_query_parameter_name: Option<String>,
    /// The ring algorithm, which is the default.
    #[serde(default)]
    pub ring_hash: Option<RingHash>,
    /// The Maglev algorithm.
    #[serde(default)]
    pub maglev: Option<Maglev>,
}

/// A cookie that instances are chosen by.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpCookie {
    /// Its name.
    pub name: String,
    /// Its path.
    #[serde(default)]
    pub path: Option<String>,
    /// How long it lives; it is made only if this is there, and ends with the session if it is 0.
    #[serde(default, deserialize_with = "crate::kinds::values::even_none")]
    pub ttl: Option<Duration>,
}

/// The ring algorithm.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RingHash {
    /// How many places the ring has at least; 1024 by default.
    #[serde(default)]
    pub minimum_ring_size: Option<u64>,
}

/// The Maglev algorithm.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Maglev {
    /// How many places its table has, a prime number; 65537 by default.
    #[serde(default)]
    pub table_size: Option<u64>,
}
