//! Actions of a route: destinations, redirects, direct responses, rewrites, retries, faults, mirrors, headers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::{Duration, Percent};

/// A service or one of its subsets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Destination {
    /// Name of the service. A short name is in the resource's namespace.
    pub host: String,
    /// Subset of a DestinationRule.
    #[serde(default)]
    pub subset: Option<String>,
    /// Port of the service; optional if the service has only one.
    #[serde(default)]
    pub port: Option<PortSelector>,
}

/// A port by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortSelector {
    /// Port number.
    pub number: u16,
}

/// A redirect response.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// The new path.
    #[serde(default)]
    pub uri: Option<String>,
    /// The new host.
    #[serde(default)]
    pub authority: Option<String>,
    /// The new port.
    #[serde(default)]
    pub port: Option<u16>,
    /// The new scheme.
    #[serde(default)]
    pub scheme: Option<String>,
    /// Status of the response, 301 by default.
    #[serde(default)]
    pub redirect_code: Option<u16>,
}

/// A direct response without a destination.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectResponse {
    /// Status of the response.
    pub status: u16,
    /// Body of the response.
    #[serde(default)]
    pub body: Option<Body>,
}

/// Body of a direct response.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Body {
    /// Body as text.
    pub string: String,
}

/// Rewrite of the request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rewrite {
    /// New path, or replacement of the matched prefix.
    #[serde(default)]
    pub uri: Option<String>,
    /// New host.
    #[serde(default)]
    pub authority: Option<String>,
    /// Replacement by a regular expression in the path.
    #[serde(default)]
    pub uri_regex_rewrite: Option<RegexRewrite>,
}

/// A regular expression (RE2) and its replacement, with `\1` for the first group.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegexRewrite {
    /// Expression to find.
    #[serde(rename = "match")]
    pub pattern: String,
    /// Replacement of each match.
    pub rewrite: String,
}

/// Retries of a request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retries {
    /// Number of retries; 0 disables them.
    #[serde(default)]
    pub attempts: u32,
    /// Timeout of one attempt; the route's timeout by default.
    #[serde(default)]
    pub per_try_timeout: Option<Duration>,
    /// Envoy's conditions and numeric statuses, separated by commas.
    #[serde(default)]
    pub retry_on: Option<String>,
    /// Avoids endpoints of earlier attempts. True by default.
    #[serde(default)]
    pub retry_ignore_previous_hosts: Option<bool>,
    /// Minimum delay before a retry; 25 ms by default.
    #[serde(default)]
    pub backoff: Option<Duration>,
}

/// Fault injection.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Delay of some requests.
    #[serde(default)]
    pub delay: Option<Delay>,
    /// Error response to some requests.
    #[serde(default)]
    pub abort: Option<Abort>,
}

/// A delay before a request is forwarded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delay {
    /// Length of the delay.
    pub fixed_delay: Duration,
    /// Percentage of delayed requests; 0 by default.
    #[serde(default)]
    pub percentage: Option<Percent>,
}

/// An error response instead of forwarding.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Abort {
    /// HTTP status.
    #[serde(default)]
    pub http_status: Option<u16>,
    /// Name of the gRPC status, as `UNAVAILABLE`.
    #[serde(default)]
    pub grpc_status: Option<String>,
    /// Percentage of aborted requests; 0 by default.
    #[serde(default)]
    pub percentage: Option<Percent>,
}

/// A destination of mirrored requests, whose responses are discarded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mirror {
    /// Service of the destination.
    pub destination: Destination,
    /// Percentage of mirrored requests; 100 by default.
    #[serde(default)]
    pub percentage: Option<Percent>,
}

/// Operations on request and response headers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Headers {
    /// Operations on request headers.
    #[serde(default)]
    pub request: HeaderOperations,
    /// Operations on response headers.
    #[serde(default)]
    pub response: HeaderOperations,
}

/// Header operations.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderOperations {
    /// Headers to set.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Headers to append.
    #[serde(default)]
    pub add: BTreeMap<String, String>,
    /// Headers to remove.
    #[serde(default)]
    pub remove: Vec<String>,
}
