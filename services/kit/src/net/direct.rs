//! Answers without a router.

use std::{fmt::Debug, sync::Arc};

use axum::{Router, response::Response};
use futures_util::future::BoxFuture;
use http::request;

/// A route that answers requests before they reach the router.
pub(crate) trait DirectRoute: Debug + Send + Sync {
    /// Answers a request without a body, or returns `None` if the router must answer it.
    fn answer(&self, head: &request::Parts) -> Option<DirectAnswer>;
}

/// Answer of a [`DirectRoute`].
pub(crate) enum DirectAnswer {
    /// The response.
    Now(Response),
    /// The response, as soon as there is one.
    Later(BoxFuture<'static, Response>),
}

/// What answers the requests of a port.
#[derive(Debug, Clone)]
pub(crate) struct Routes {
    pub(super) router: Router,
    pub(super) direct: Option<Arc<dyn DirectRoute>>,
}

impl Routes {
    /// A router, and a route that is asked before it.
    pub(crate) fn with_direct(router: Router, direct: Arc<dyn DirectRoute>) -> Self {
        Self { router, direct: Some(direct) }
    }
}

impl From<Router> for Routes {
    fn from(router: Router) -> Self {
        Self { router, direct: None }
    }
}
