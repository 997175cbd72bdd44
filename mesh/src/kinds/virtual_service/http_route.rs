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
    /// Its name, which access logs show.
    #[serde(default)]
    pub name: Option<String>,
    /// Which requests take it: those that any of these matches; all, if there are none.
    #[serde(default, rename = "match")]
    pub matches: Vec<HttpMatch>,
    /// Where they go, by weight.
    #[serde(default)]
    pub route: Vec<RouteDestination>,
    /// Answers with a redirect instead.
    #[serde(default)]
    pub redirect: Option<Redirect>,
    /// Answers at once instead.
    #[serde(default)]
    pub direct_response: Option<DirectResponse>,
    /// Changes what the destination sees.
    #[serde(default)]
    pub rewrite: Option<Rewrite>,
    /// How long the whole may take, with all tries. None by default.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// How often it is tried again.
    #[serde(default)]
    pub retries: Option<Retries>,
    /// What is broken on purpose.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// Who gets a copy.
    #[serde(default)]
    pub mirror: Option<Destination>,
    /// Of how many requests `mirror` gets one.
    #[serde(default)]
    pub mirror_percentage: Option<Percent>,
    /// Who else gets a copy.
    #[serde(default)]
    pub mirrors: Vec<Mirror>,
    /// Headers that are changed.
    #[serde(default)]
    pub headers: Option<Headers>,
}

/// Conditions on a request, all of which must hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpMatch {
    /// Its name, added to the route's.
    #[serde(default)]
    pub name: Option<String>,
    /// The path.
    #[serde(default)]
    pub uri: Option<StringMatch>,
    /// Whether the case of the path does not matter.
    #[serde(default)]
    pub ignore_uri_case: bool,
    /// The scheme.
    #[serde(default)]
    pub scheme: Option<StringMatch>,
    /// The method.
    #[serde(default)]
    pub method: Option<StringMatch>,
    /// The host that was asked for.
    #[serde(default)]
    pub authority: Option<StringMatch>,
    /// Headers that must be there.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderMatch>,
    /// Headers that must not look so.
    #[serde(default)]
    pub without_headers: BTreeMap<String, HeaderMatch>,
    /// Query parameters that must be there.
    #[serde(default)]
    pub query_params: BTreeMap<String, HeaderMatch>,
    /// The port that was asked for.
    #[serde(default)]
    pub port: Option<u16>,
    /// Labels of the caller's pod; only for sidecars.
    #[serde(default)]
    pub source_labels: BTreeMap<String, String>,
    /// The namespace of the caller's pod; only for sidecars.
    #[serde(default)]
    pub source_namespace: Option<String>,
    /// Narrows the VirtualService's list of gateways.
    #[serde(default)]
    pub gateways: Vec<String>,
}

/// One destination of a route.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteDestination {
    /// Where to.
    pub destination: Destination,
    /// Its part of the sum of all weights. A single destination needs none.
    #[serde(default)]
    pub weight: Option<u32>,
    /// Headers that are changed for this destination only.
    #[serde(default)]
    pub headers: Option<Headers>,
}
