use serde::Deserialize;

pub use super::{http_route::*, http_traffic::*};

/// A VirtualService: how requests for some hosts are routed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VirtualService {
    /// The hosts that callers ask for.
    pub hosts: Vec<String>,
    /// Where it applies: Gateways by `namespace/name` or name, and `mesh` for the sidecars, which is the default.
    #[serde(default)]
    pub gateways: Vec<String>,
    /// Its routes; the first that matches is taken.
    pub http: Vec<HttpRoute>,
}
