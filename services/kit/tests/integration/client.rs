//! Asking a service.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Someone who keeps connections open between requests.
#[derive(Debug, Clone)]
pub(crate) struct Client(Pool<HttpConnector, Full<Bytes>>);

impl Client {
    pub(crate) fn http1() -> Self {
        Self(Pool::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) fn http2() -> Self {
        Self(Pool::builder(TokioExecutor::new()).http2_only(true).build_http())
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let response = self.0.request(request).await.map_err(|error| format!("{error:?}"))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Ok(Answer { status: parts.status, version: parts.version, headers: parts.headers, body })
    }

    pub(crate) async fn get(&self, address: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        let mut request = Request::get(format!("http://{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::default()).unwrap()).await
    }
}

impl Client {
    /// The body of an answer, frame by frame.
    pub(crate) async fn body_of(&self, address: &str, path: &str) -> Incoming {
        let request = Request::get(format!("http://{address}{path}")).body(Full::default()).unwrap();
        self.0.request(request).await.unwrap().into_body()
    }
}

/// One request on a connection of its own.
pub(crate) async fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    Client::http1().get(address, path, headers).await.unwrap()
}

/// One request for the call tree.
pub(crate) async fn hello(address: &str, headers: &[(&str, &str)]) -> Answer {
    get(address, "/api/hello", headers).await
}
