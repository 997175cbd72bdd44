//! Routes of the application port.

use std::sync::Arc;

use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::any};
use http::Uri;
use serde_json::json;

use crate::{
    app::App,
    body::DiscardBody,
    config::HELLO_PATH,
    echo::{self, BELOW_ECHO_PATH, ECHO_PATH},
    faults::{FaultLayer, Registry},
    hello::{self, DirectHello},
    net::Routes,
    observe::Observe,
};

/// The application's routes. Everything is observed and limited; faults meet the call tree, the echo and unknown paths, but
/// not a service's own routes, because a user who looks at a fault needs the page.
pub(crate) fn routes(app: Arc<App>, faults: Registry, extra: Router) -> Routes {
    // A new layer of the router must be considered here, too.
    let direct = Arc::new(DirectHello::new(Arc::clone(&app), faults.clone()));
    let router = Router::new()
        .route(HELLO_PATH, any(hello::answer))
        .route(ECHO_PATH, any(echo::answer))
        .route(BELOW_ECHO_PATH, any(echo::answer))
        .with_state(Arc::clone(&app))
        .fallback(no_such_path)
        .layer(FaultLayer::new(faults).hand_over(HELLO_PATH))
        .merge(extra)
        .layer(DiscardBody(app.body_limits))
        .layer(Observe(app));
    Routes::with_direct(router, direct)
}

async fn no_such_path(uri: Uri) -> impl IntoResponse {
    let error = format!("there is nothing at {}; the call tree is at {HELLO_PATH}", uri.path());
    (StatusCode::NOT_FOUND, Json(json!({"status": 404, "error": error})))
}
