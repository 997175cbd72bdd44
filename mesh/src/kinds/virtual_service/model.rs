use serde::Deserialize;

pub use super::{http_route::*, http_traffic::*};

/// A VirtualService: routes for requests to some hosts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VirtualService {
    /// Hosts of the requests.
    pub hosts: Vec<String>,
    /// Gateways as name or `namespace/name`, and `mesh` for the sidecars, which is the default.
    #[serde(default)]
    pub gateways: Vec<String>,
    /// Routes; the first match applies.
    pub http: Vec<HttpRoute>,
}
