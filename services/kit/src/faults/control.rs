//! The control port: `/faults`.

mod guard;
#[cfg(test)]
mod tests;
mod token;

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    middleware,
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use http::{Method, StatusCode, Uri, Version};
use serde_json::{Value, json};

use super::{AddError, Origin, ProcessFaults, Registry, RuleState};
use crate::{
    attempts::Attempts,
    body::{self, BodyError, BodyLimits, KeptBody},
};
pub use token::{TokenError, TokenFile};

/// Maximum size of a request body, in bytes. It holds far more rules than may be active.
const MAX_BODY: u64 = 64 * 1024;

/// What the control port shows and changes.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    /// The rules.
    pub(crate) registry: Registry,
    /// What they do to the process.
    pub(crate) process_faults: ProcessFaults,
    /// What the rules are seen against: how many requests came, and how many attempts at them.
    pub(crate) attempts: Attempts,
    /// Where the token is that a request must bring, if it must bring one.
    pub(crate) token: Option<TokenFile>,
    /// Time for a request's whole body.
    pub(crate) body_read_timeout: Duration,
}

/// The router of the control port:
///
/// | request | answer |
/// |---|---|
/// | `POST /faults`, rules as text, one per line | 200 and the added rules; 400 and what is wrong; 409 if an id is taken; 413 above 64 KiB. All are added or none |
/// | `PUT /faults`, rules as text | the same; they replace all active rules, or nothing changes |
/// | `GET /faults` | 200 and `{"rules": [...], "requests": {...}}` |
/// | `DELETE /faults` | 200 and `{"removed": [ids]}`, those of the flags too |
/// | `DELETE /faults/ID` | 200 and `{"removed": [id]}`; 404 and the ids that there are |
///
/// The port listens where only this machine's users come, but so does a browser on it. Each request must therefore be
/// addressed to the loopback (`Host` of `localhost` or a loopback address, or none at all), which stops a page whose
/// name was rebound to it, and come from no page of another origin. With a token file, it must also bring the token.
pub(crate) fn control_router(control: Control) -> Router {
    let token = control.token.clone();
    Router::new()
        .route(
            "/faults",
            get(list)
                .post(add)
                .put(replace)
                .delete(clear)
                .fallback(async |method, uri| wrong_method(&method, &uri, "GET, POST, PUT and DELETE")),
        )
        .route("/faults/{id}", delete(remove).fallback(async |method, uri| wrong_method(&method, &uri, "DELETE")))
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(token, token::only_with_token))
        .layer(middleware::from_fn(guard::only_from_here))
        .layer(middleware::map_request(body::linger))
        .with_state(control)
}

async fn list(State(control): State<Control>) -> Json<Value> {
    Json(json!({"rules": control.registry.list(), "requests": control.attempts.counts()}))
}

async fn add(State(control): State<Control>, request: Request) -> Response {
    come(&control, request, |rules| control.registry.add(rules, Origin::Control)).await
}

async fn replace(State(control): State<Control>, request: Request) -> Response {
    come(&control, request, |rules| control.registry.replace(rules, Origin::Control)).await
}

/// Rules that come into force, in the one way or the other. What they do to the process has begun when this returns.
async fn come(
    control: &Control,
    request: Request,
    way: impl FnOnce(&str) -> Result<Vec<RuleState>, AddError>,
) -> Response {
    let version = request.version();
    let limits = BodyLimits { max_bytes: MAX_BODY, read_timeout: control.body_read_timeout };
    let body = match KeptBody::read(request, limits).await {
        Ok(body) => body,
        Err(error) => return not_read(error, version),
    };
    let Some(rules) = body.as_str() else {
        return (StatusCode::BAD_REQUEST, "the rules are not UTF-8; send them as text\n").into_response();
    };
    match way(rules) {
        Ok(mut added) => {
            control.process_faults.settle().await;
            // What they do to the process may have begun, or failed, by now.
            let now = control.registry.list();
            for rule in &mut added {
                if let Some(now) = now.iter().find(|other| other.id == rule.id) {
                    let (begins_in_ms, expires_in_ms) = (rule.begins_in_ms, rule.expires_in_ms);
                    *rule = RuleState { begins_in_ms, expires_in_ms, ..now.clone() };
                }
            }
            Json(added).into_response()
        }
        Err(error @ AddError::Taken { .. }) => (StatusCode::CONFLICT, line(&error)).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, line(&error)).into_response(),
    }
}

async fn clear(State(control): State<Control>) -> Json<Value> {
    let removed = control.registry.clear();
    control.process_faults.settle().await;
    Json(json!({"removed": removed}))
}

async fn remove(State(control): State<Control>, Path(id): Path<String>) -> Response {
    match control.registry.remove(&id) {
        Ok(()) => {
            control.process_faults.settle().await;
            Json(json!({"removed": [id]})).into_response()
        }
        Err(ids) if ids.is_empty() => not_found(&id, "no rule is active"),
        Err(ids) => not_found(&id, &format!("ids: {}", ids.join(", "))),
    }
}

/// Answers a request whose body was not read to its end.
fn not_read(error: BodyError, version: Version) -> Response {
    let mut response = error.clone().into_text(version);
    if let BodyError::TooLarge(limit) = error {
        *response.body_mut() = format!("the rules are longer than {limit} bytes; send fewer at a time\n").into();
    }
    response
}

fn wrong_method(method: &Method, uri: &Uri, right: &str) -> Response {
    let text = format!("{method} means nothing for {}; it takes {right}\n", uri.path());
    (StatusCode::METHOD_NOT_ALLOWED, text).into_response()
}

async fn nothing_here(uri: Uri) -> Response {
    let text = "/faults lists, adds and removes rules, /faults/ID removes one";
    (StatusCode::NOT_FOUND, format!("there is nothing at {}; {text}\n", uri.path())).into_response()
}

fn not_found(id: &str, help: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("no rule has the id `{id}`; {help}\n")).into_response()
}

fn line(error: &AddError) -> String {
    format!("{error}\n")
}
