//! `/api/echo` and every path below it: the request as it arrived here, behind all proxies. What a route rewrote, added
//! and took away shows nowhere else.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, Method, Uri},
};
use serde::Serialize;

use crate::{app::App, inbound::Inbound};

/// Where it answers.
pub(crate) const ECHO_PATH: &str = "/api/echo";
/// The same with everything below it.
pub(crate) const BELOW_ECHO_PATH: &str = "/api/echo/{*rest}";

/// A request, and who got it.
#[derive(Debug, Serialize)]
pub(crate) struct Echo {
    service: String,
    version: &'static str,
    instance: String,
    namespace: Option<String>,
    /// The caller's identity, where a sidecar vouches for it.
    peer: Option<String>,
    /// Which try of the proxy's it was.
    attempt: u32,
    method: String,
    /// The path with its query.
    path: String,
    /// The host that was asked for, in HTTP/2 the authority.
    host: Option<String>,
    /// Every header with its values, in their order. Bytes that are not text are shown as replacement characters.
    headers: BTreeMap<String, Vec<String>>,
}

/// Answers with the request.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Extension(inbound): Extension<Arc<Inbound>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Json<Echo> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &headers {
        shown.entry(name.as_str().to_owned()).or_default().push(text(value));
    }
    let host = uri.authority().map(ToString::to_string).or_else(|| headers.get(http::header::HOST).map(text));
    let identity = &app.identity;
    Json(Echo {
        service: identity.service.clone(),
        version: identity.release.as_str(),
        instance: identity.instance.clone(),
        namespace: identity.namespace.clone(),
        peer: inbound.peer.clone(),
        attempt: inbound.attempt,
        method: method.to_string(),
        path: uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string),
        host,
        headers: shown,
    })
}
