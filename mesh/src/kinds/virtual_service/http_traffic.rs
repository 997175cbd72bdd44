//! What a route does with a request beside choosing where it goes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::{Duration, Percent};

/// A service, or one subset of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Destination {
    /// The service's name; a short one is completed with the namespace of the resource that names it.
    pub host: String,
    /// A subset that a DestinationRule defines.
    #[serde(default)]
    pub subset: Option<String>,
    /// The service's port; may be absent where the service has only one.
    #[serde(default)]
    pub port: Option<PortSelector>,
}

/// A port by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortSelector {
    /// The number.
    pub number: u16,
}

/// An answer that sends the caller elsewhere.
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
    /// The status, 301 by default.
    #[serde(default)]
    pub redirect_code: Option<u16>,
}

/// An answer without a destination.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectResponse {
    /// The status.
    pub status: u16,
    /// The body.
    #[serde(default)]
    pub body: Option<Body>,
}

/// The body of a direct response.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Body {
    /// As text.
    pub string: String,
}

/// What the destination sees instead of what the caller sent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rewrite {
    /// Replaces the path, or the prefix that was matched.
    #[serde(default)]
    pub uri: Option<String>,
    /// Replaces the host.
    #[serde(default)]
    pub authority: Option<String>,
    /// Replaces what a regular expression finds in the path.
    #[serde(default)]
    pub uri_regex_rewrite: Option<RegexRewrite>,
}

/// A regular expression and its replacement (RE2, with `\1` for the first group).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegexRewrite {
    /// What is looked for.
    #[serde(rename = "match")]
    pub pattern: String,
    /// What comes in its place.
    pub rewrite: String,
}

/// When and how often a request is tried again.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retries {
    /// How many tries beside the first one; 0 switches retries off.
    #[serde(default)]
    pub attempts: u32,
    /// How long one try may take; the route's timeout by default.
    #[serde(default)]
    pub per_try_timeout: Option<Duration>,
    /// Envoy's conditions and numeric statuses, separated by commas.
    #[serde(default)]
    pub retry_on: Option<String>,
    /// Whether a try avoids the hosts of the tries before. True by default.
    #[serde(default)]
    pub retry_ignore_previous_hosts: Option<bool>,
    /// The least pause before another try; 25 ms by default.
    #[serde(default)]
    pub backoff: Option<Duration>,
}

/// What is broken on purpose.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Some requests wait before they go on.
    #[serde(default)]
    pub delay: Option<Delay>,
    /// Some requests are answered with an error and go nowhere.
    #[serde(default)]
    pub abort: Option<Abort>,
}

/// A pause before a request goes on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delay {
    /// How long.
    pub fixed_delay: Duration,
    /// For how many requests; for none by default.
    #[serde(default)]
    pub percentage: Option<Percent>,
}

/// An error instead of an answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Abort {
    /// The HTTP status.
    #[serde(default)]
    pub http_status: Option<u16>,
    /// The gRPC status by name, as `UNAVAILABLE`.
    #[serde(default)]
    pub grpc_status: Option<String>,
    /// For how many requests; for none by default.
    #[serde(default)]
    pub percentage: Option<Percent>,
}

/// A destination that gets copies, whose answers nobody sees.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mirror {
    /// Who gets them.
    pub destination: Destination,
    /// Of how many requests; all by default.
    #[serde(default)]
    pub percentage: Option<Percent>,
}

/// Headers that are changed on the way there and back.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Headers {
    /// Of the request.
    #[serde(default)]
    pub request: HeaderOperations,
    /// Of the answer.
    #[serde(default)]
    pub response: HeaderOperations,
}

/// Changes of headers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderOperations {
    /// Replaces values.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Appends values.
    #[serde(default)]
    pub add: BTreeMap<String, String>,
    /// Takes headers away.
    #[serde(default)]
    pub remove: Vec<String>,
}
