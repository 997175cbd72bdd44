//! A pod's metrics on one page, as Istio's agent merges them: the proxy's and the application's.

use std::{path::PathBuf, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{control::unix_http, envoy::admin};

/// The page's path, as Istio's agent has it.
pub const PATH: &str = "/stats/prometheus";

const DEADLINE: Duration = Duration::from_secs(5);

/// Whose metrics.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Envoy's admin socket, if the pod has a proxy.
    pub envoy: Option<PathBuf>,
    /// The application's admin socket, if the pod has an application.
    pub app: Option<PathBuf>,
}

/// The page. A part that does not answer is left out, with a comment that says so: the rest is still worth reading.
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
        let words: Vec<String> = parts.into_iter().filter_map(Result::err).collect();
        return (StatusCode::SERVICE_UNAVAILABLE, words.join("\n")).into_response();
    }
    let mut text = Vec::new();
    for part in parts {
        match part {
            Ok(body) => text.extend_from_slice(&body),
            Err(words) => text.extend_from_slice(format!("# left out: {}\n", words.replace('\n', " ")).as_bytes()),
        }
        if text.last().is_some_and(|last| *last != b'\n') {
            text.push(b'\n');
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
