//! `GET /api/hello` without the router.
//!
//! The router copies its services and allocates futures for each layer of each request, which costs more than the
//! answer. Requests that a fault rule could concern take the router, where the fault layer is.

use std::{fmt, sync::Arc, time::Instant};

use axum::response::Response;
use futures_util::future::{BoxFuture, FutureExt};
use http::{Method, Version, request};

use super::{call_all, respond};
use crate::{
    app::App,
    config::HELLO_PATH,
    faults::{Injected, Registry},
    host_check,
    known_headers::{Known, KnownHeaders},
    net::{DirectAnswer, DirectRoute},
    observe::{Observation, ObservedTarget, close_at_end},
};

/// Answers `GET /api/hello` if no fault rule concerns the request.
pub(crate) struct DirectHello {
    app: Arc<App>,
    faults: Registry,
}

impl DirectHello {
    pub(crate) fn new(app: Arc<App>, faults: Registry) -> Self {
        Self { app, faults }
    }
}

impl fmt::Debug for DirectHello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectHello").finish_non_exhaustive()
    }
}

impl DirectRoute for DirectHello {
    fn answer(&self, head: &request::Parts) -> Option<DirectAnswer> {
        if head.uri.path() != HELLO_PATH || head.method != Method::GET || self.faults.concerns(head) {
            return None;
        }
        let known = KnownHeaders::read(&head.headers);
        if known.has(Known::Inject) || host_check::check(head).is_err() {
            return None;
        }
        let observation = Observation::begin(&self.app, head, &known, ObservedTarget::Hello);
        if self.app.client.targets().is_empty() {
            let (status, now) = (http::StatusCode::OK, Instant::now());
            let mut response = respond(&self.app, &observation.inbound, &Injected::default(), status, &[], now);
            close_at_end(&self.app, head.version, response.headers_mut());
            observation.end(&response, now);
            return Some(DirectAnswer::Now(response));
        }
        Some(DirectAnswer::Later(answer_later(Arc::clone(&self.app), observation, head.version)))
    }
}

/// Answers after the calls to the upstreams.
fn answer_later(app: Arc<App>, observation: Observation, version: Version) -> BoxFuture<'static, Response> {
    async move {
        let inbound = &observation.inbound;
        let (status, upstreams) = call_all(&app, inbound, None).await;
        let now = Instant::now();
        let mut response = respond(&app, inbound, &Injected::default(), status, &upstreams, now);
        close_at_end(&app, version, response.headers_mut());
        observation.end(&response, now);
        response
    }
    .boxed()
}
