//! What of a request rules look at.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request};
use http::{HeaderMap, HeaderName, Method};

use crate::{
    inbound::{ATTEMPT, Inbound},
    net::ConnHandle,
    propagation::REQUEST_ID,
};

/// What of a request decides whether a rule is about it, and what happens then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) method: &'a Method,
    /// The path as it came, without the query.
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// The route's template; nothing for a path that does not exist.
    pub(super) route: Option<&'a str>,
    /// Whose call it is about, of those that the request makes; nothing for the request itself.
    pub(super) upstream: Option<&'a str>,
    /// The caller's identity, where a sidecar vouches for it.
    pub(super) caller: Option<&'a str>,
    /// The address from which the connection came; nothing on a Unix socket. Behind a sidecar it is the sidecar's.
    pub(super) address: Option<IpAddr>,
}

impl<'a> Subject<'a> {
    /// What a request says, and what the middleware before has found out about it.
    pub(super) fn of(request: &'a Request) -> Self {
        let extensions = request.extensions();
        Self {
            method: request.method(),
            path: request.uri().path(),
            headers: request.headers(),
            route: extensions.get::<MatchedPath>().map(MatchedPath::as_str),
            upstream: None,
            caller: extensions.get::<std::sync::Arc<Inbound>>().and_then(|inbound| inbound.peer.as_deref()),
            address: extensions.get::<ConnHandle>().and_then(ConnHandle::remote),
        }
    }

    /// Which try of the proxy's the request is, from 1, where a proxy says so.
    pub(super) fn attempt(&self) -> Option<u32> {
        self.text(&ATTEMPT)?.parse().ok()
    }

    /// What all tries of one request have in common, where a proxy says so.
    pub(super) fn request_id(&self) -> Option<&'a str> {
        self.text(&REQUEST_ID)
    }

    fn text(&self, name: &HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The same, kept for the calls that the request will make.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    route: Option<String>,
    caller: Option<String>,
    address: Option<IpAddr>,
}

impl Asked {
    pub(super) fn of(subject: Subject<'_>) -> Self {
        Self {
            method: subject.method.clone(),
            path: subject.path.to_owned(),
            headers: subject.headers.clone(),
            route: subject.route.map(str::to_owned),
            caller: subject.caller.map(str::to_owned),
            address: subject.address,
        }
    }

    /// The call to an upstream that the request makes.
    pub(super) fn calling<'a>(&'a self, upstream: &'a str) -> Subject<'a> {
        Subject {
            method: &self.method,
            path: &self.path,
            headers: &self.headers,
            route: self.route.as_deref(),
            upstream: Some(upstream),
            caller: self.caller.as_deref(),
            address: self.address,
        }
    }
}
