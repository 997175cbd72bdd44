//! An upstream with everything that its calls have in common.

use http::{HeaderValue, Uri, uri::PathAndQuery};

use super::pool::Pool;
use crate::config::Upstream;

/// An upstream that can be called.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) upstream: Upstream,
    /// Path and query of the URL, as HTTP/1.1 sends them.
    pub(super) path: Uri,
    /// Value of the `host` header.
    pub(super) host: HeaderValue,
    pub(super) pool: Pool,
}

impl Target {
    pub(super) fn new(upstream: Upstream, pool: Pool) -> Self {
        let url = &upstream.url;
        let path = url.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let host = url.host().unwrap_or_default();
        let host = match url.port_u16() {
            None | Some(80) => HeaderValue::try_from(host),
            Some(port) => HeaderValue::try_from(format!("{host}:{port}")),
        };
        // The configuration accepts only names and addresses that are valid in a header.
        let host = host.unwrap_or(HeaderValue::from_static(""));
        Self { path: path.into(), host, pool, upstream }
    }
}
