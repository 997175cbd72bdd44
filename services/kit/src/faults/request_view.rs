//! Parts of a request that rules read.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request};
use http::{HeaderMap, HeaderName, Method, request};

use crate::{inbound::Inbound, known_headers::ATTEMPT, net::ConnHandle, propagation::REQUEST_ID};

/// Borrowed parts of a request, or of one of its calls, that rules read.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestView<'a> {
    pub(super) method: &'a Method,
    /// The path as it came, without the query.
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// Route template, or `None` if no route matches.
    pub(super) route: Option<&'a str>,
    /// Upstream of the call, or `None` for the request itself.
    pub(super) upstream: Option<&'a str>,
    /// Identity of the caller, if a sidecar vouches for it.
    pub(super) caller: Option<&'a str>,
    /// Remote address of the connection, or `None` on a Unix socket. Behind a sidecar it is the sidecar's.
    pub(super) address: Option<IpAddr>,
}

impl<'a> RequestView<'a> {
    /// A view of a request and of what earlier middleware stored in its extensions.
    pub(super) fn new(request: &'a Request) -> Self {
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

    /// A view of a request that no middleware has seen.
    pub(super) fn of_head(head: &'a request::Parts) -> Self {
        Self {
            method: &head.method,
            path: head.uri.path(),
            headers: &head.headers,
            route: None,
            upstream: None,
            caller: None,
            address: None,
        }
    }

    /// Attempt number of the request from 1, if a proxy sends one.
    pub(super) fn attempt(&self) -> Option<u32> {
        self.text(&ATTEMPT)?.parse().ok()
    }

    /// Id that all attempts of one request share, if a proxy sends one.
    pub(super) fn request_id(&self) -> Option<&'a str> {
        self.text(&REQUEST_ID)
    }

    fn text(&self, name: &HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Owned copy of a [`RequestView`], for the calls that the request makes later.
#[derive(Debug)]
pub(super) struct OwnedRequest {
    method: Method,
    path: String,
    headers: HeaderMap,
    route: Option<String>,
    caller: Option<String>,
    address: Option<IpAddr>,
}

impl OwnedRequest {
    pub(super) fn new(view: RequestView<'_>) -> Self {
        Self {
            method: view.method.clone(),
            path: view.path.to_owned(),
            headers: view.headers.clone(),
            route: view.route.map(str::to_owned),
            caller: view.caller.map(str::to_owned),
            address: view.address,
        }
    }

    /// A view of the call to an upstream.
    pub(super) fn call_to<'a>(&'a self, upstream: &'a str) -> RequestView<'a> {
        RequestView {
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
