use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::{
    Destination, DirectResponse, Duration, Fault, HeaderMatch, Headers, Mirror, Percent, Redirect, Retries, Rewrite,
    StringMatch,
};

/// One route of a VirtualService.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpRoute {
    /// Name for access logs.
    #[serde(default)]
    pub name: Option<String>,
    /// Conditions; the route applies if one of them matches, or if there are none.
    #[serde(default, rename = "match")]
    pub matches: Vec<HttpMatch>,
    /// Destinations by weight.
    #[serde(default)]
    pub route: Vec<RouteDestination>,
    /// Redirect instead of destinations.
    #[serde(default)]
    pub redirect: Option<Redirect>,
    /// Direct response instead of destinations.
    #[serde(default)]
    pub direct_response: Option<DirectResponse>,
    /// Rewrite of the request.
    #[serde(default)]
    pub rewrite: Option<Rewrite>,
    /// Timeout of the request with all attempts. None by default.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// Retries.
    #[serde(default)]
    pub retries: Option<Retries>,
    /// Fault injection.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// Destination of mirrored requests.
    #[serde(default)]
    pub mirror: Option<Destination>,
    /// Percentage of requests that `mirror` gets.
    #[serde(default)]
    pub mirror_percentage: Option<Percent>,
    /// Further destinations of mirrored requests.
    #[serde(default)]
    pub mirrors: Vec<Mirror>,
    /// Header operations.
    #[serde(default)]
    pub headers: Option<Headers>,
}

/// Conditions on a request that must all match.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpMatch {
    /// Name, appended to the route's.
    #[serde(default)]
    pub name: Option<String>,
    /// Path of the request.
    #[serde(default)]
    pub uri: Option<StringMatch>,
    /// Ignores the case of the path if true.
    #[serde(default)]
    pub ignore_uri_case: bool,
    /// Scheme of the request.
    #[serde(default)]
    pub scheme: Option<StringMatch>,
    /// Method of the request.
    #[serde(default)]
    pub method: Option<StringMatch>,
    /// Host of the request.
    #[serde(default)]
    pub authority: Option<StringMatch>,
    /// Required headers.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderMatch>,
    /// Excluded headers.
    #[serde(default)]
    pub without_headers: BTreeMap<String, HeaderMatch>,
    /// Required query parameters.
    #[serde(default)]
    pub query_params: BTreeMap<String, HeaderMatch>,
    /// Port of the request.
    #[serde(default)]
    pub port: Option<u16>,
    /// Labels of the caller's pod; only for sidecars.
    #[serde(default)]
    pub source_labels: BTreeMap<String, String>,
    /// Namespace of the caller's pod; only for sidecars.
    #[serde(default)]
    pub source_namespace: Option<String>,
    /// Subset of the VirtualService's gateways.
    #[serde(default)]
    pub gateways: Vec<String>,
}

/// One destination of a route.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteDestination {
    /// Service of the destination.
    pub destination: Destination,
    /// Share of the sum of all weights. A single destination needs none.
    #[serde(default)]
    pub weight: Option<u32>,
    /// Header operations for this destination.
    #[serde(default)]
    pub headers: Option<Headers>,
}
