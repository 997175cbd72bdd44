//! Metrics of a pod's proxy and application on one page, merged as by Istio's agent.

use std::{path::PathBuf, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{control::unix_http, envoy::admin};

/// Path of the page, as in Istio's agent.
pub const PATH: &str = "/stats/prometheus";

const DEADLINE: Duration = Duration::from_secs(5);

/// Sources of a pod's metrics.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Admin socket of Envoy, if the pod has a proxy.
    pub envoy: Option<PathBuf>,
    /// Admin socket of the application, if the pod has one.
    pub app: Option<PathBuf>,
}

/// Serves the page. A source that does not respond is replaced by a comment.
pub fn router(sources: Sources) -> Router {
    Router::new().route(PATH, get(page)).with_state(sources)
}

async fn page(State(sources): State<Sources>) -> Response {
    let envoy = async {
        match &sources.envoy {
            Some(socket) => Some(admin::prometheus(socket).await.map_err(|error| error.to_string())),
            None => None,
        }
    };
    let app = async {
        match &sources.app {
            Some(socket) => Some(match unix_http::get(socket, "/metrics", DEADLINE).await {
                Ok((StatusCode::OK, body)) => Ok(body),
                Ok((status, _)) => Err(format!("/metrics answered {status}")),
                Err(error) => Err(error.to_string()),
            }),
            None => None,
        }
    };
    let (envoy, app) = tokio::join!(envoy, app);
    let parts: Vec<_> = [envoy, app].into_iter().flatten().collect();
    if !parts.iter().any(Result::is_ok) {
        let reasons: Vec<String> = parts.into_iter().filter_map(Result::err).collect();
        return (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n")).into_response();
    }
    let mut text = Vec::new();
    for part in parts {
        match part {
            Ok(body) => text.extend_from_slice(&body),
            Err(reason) => text.extend_from_slice(format!("# missing: {}\n", reason.replace('\n', " ")).as_bytes()),
        }
        if text.last().is_some_and(|last| *last != b'\n') {
            text.push(b'\n');
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
