//! A single request on a connection of its own, and everything that its answer says.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;
use serde::{Deserialize, Serialize};

use super::{
    Address, Failure, FailureKind,
    connection::{Connection, Endpoint, ExchangeError, Response},
    stream_slots::SlotWait,
};

/// Limit of the body of a single response, which may be a proxy's whole configuration.
const SINGLE_BODY_LIMIT: usize = 64 << 20;

/// Request on its own connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SingleRequest {
    /// Where to: `http://HOST[:PORT][/PATH]`.
    pub url: String,
    /// The request's method.
    pub method: String,
    /// The Host header, if it is not the URL's host.
    pub host: Option<String>,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// How long the whole answer may take, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for SingleRequest {
    fn default() -> Self {
        Self {
            url: String::new(),
            method: Method::GET.to_string(),
            host: None,
            headers: Vec::new(),
            timeout_ms: 15_000,
        }
    }
}

/// Response to a [`SingleRequest`], or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SingleResponse {
    /// The status; none if there was no HTTP answer.
    pub status: Option<u16>,
    /// The answer's headers in their order.
    pub headers: Vec<(String, String)>,
    /// The answer's body as text.
    pub body: String,
    /// Why there was no HTTP answer.
    pub error: Option<SingleError>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// Why there was no HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleError {
    /// How it failed.
    pub kind: FailureKind,
    /// In words.
    pub detail: String,
}

impl From<Failure> for SingleError {
    fn from(failure: Failure) -> Self {
        Self { kind: failure.kind, detail: failure.detail }
    }
}

/// Asks, with the Host header `authority` for `path`.
///
/// # Errors
/// A method, a header or a path that cannot be sent, in words.
pub async fn ask(
    address: &Address,
    authority: &str,
    path: &str,
    question: &SingleRequest,
) -> Result<SingleResponse, String> {
    let request = request(authority, path, question)?;
    let started = Instant::now();
    let reply = send(address, request, Duration::from_millis(question.timeout_ms)).await;
    let took_ms = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    Ok(match reply {
        Ok(reply) => SingleResponse {
            status: Some(reply.status.as_u16()),
            headers: reply
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: String::from_utf8_lossy(&reply.body).into_owned(),
            error: None,
            took_ms,
        },
        Err(failure) => SingleResponse {
            status: None,
            headers: Vec::new(),
            body: String::new(),
            error: Some(failure.into()),
            took_ms,
        },
    })
}

fn request(authority: &str, path: &str, question: &SingleRequest) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::new(Full::default());
    *request.method_mut() =
        Method::from_str(&question.method).map_err(|_| format!("invalid method {:?}", question.method))?;
    *request.uri_mut() = path.parse().map_err(|_| format!("the path {path:?} cannot be sent"))?;
    let host = HeaderValue::from_str(authority).map_err(|_| format!("the host {authority:?} cannot be sent"))?;
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in &question.headers {
        let wrong = || format!("the header {name}: {value} cannot be sent");
        let name = HeaderName::from_str(name).map_err(|_| wrong())?;
        if name == header::CONTENT_LENGTH || name == header::TRANSFER_ENCODING {
            // The server would wait for a body that does not come.
            return Err(format!("cannot send the header {name}: it frames the message, which has no body"));
        }
        headers.append(name, HeaderValue::from_str(value).map_err(|_| wrong())?);
    }
    Ok(request)
}

/// Sends a GET request on its own connection.
///
/// # Errors
/// A [`Failure`] if there is no whole HTTP answer within `timeout`, or if `authority` or `path` cannot be sent.
pub async fn get(address: &Address, authority: &str, path: &str, timeout: Duration) -> Result<Response, Failure> {
    let unusable = |what: &str, value: &str| Failure::new(FailureKind::Protocol, format!("{what} {value:?} is none"));
    let mut request = Request::new(Full::default());
    *request.uri_mut() = path.parse().map_err(|_| unusable("path", path))?;
    let host = HeaderValue::from_str(authority).map_err(|_| unusable("host", authority))?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    send(address, request, timeout).await
}

/// Sends a request on its own connection, and reads at most 64 MiB of the response's body.
///
/// # Errors
/// A [`Failure`] if there is no complete response within `timeout`.
pub async fn send(address: &Address, request: Request<Full<Bytes>>, timeout: Duration) -> Result<Response, Failure> {
    let endpoint = Endpoint::plain(address);
    let exchange = async {
        Connection::open(&endpoint).await?.exchange(request, &mut SlotWait::default(), SINGLE_BODY_LIMIT).await
    };
    match tokio::time::timeout(timeout, exchange).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(ExchangeError::Failed(failure))) => Err(failure),
        Ok(Err(ExchangeError::Own(error))) => Err(Failure::new(FailureKind::Refused, error.to_string())),
        Ok(Err(ExchangeError::Unsent)) => Err(Failure::new(FailureKind::Reset, "connection closed before the request")),
        Err(_) => Err(Failure::new(FailureKind::Timeout, format!("no answer within {timeout:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &SingleRequest) -> Result<Request<Full<Bytes>>, String> {
        request("echo:8080", "/api/echo//a", question)
    }

    #[test]
    fn a_header_that_is_told_twice_is_sent_twice_and_the_path_as_it_is() {
        let twice = vec![("x-a".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())];
        let request =
            asked(&SingleRequest { headers: twice, method: "PATCH".into(), ..SingleRequest::default() }).unwrap();
        assert_eq!(request.headers().get_all("x-a").iter().count(), 2);
        assert_eq!((request.uri().path(), request.method().as_str()), ("/api/echo//a", "PATCH"));
        assert_eq!(request.headers()[header::HOST], "echo:8080");
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let wrong = SingleRequest { headers: vec![("x a".into(), "1".into())], ..SingleRequest::default() };
        assert_eq!(asked(&wrong).unwrap_err(), "the header x a: 1 cannot be sent");
        for name in ["Content-Length", "transfer-encoding"] {
            let wrong = SingleRequest { headers: vec![(name.into(), "5".into())], ..SingleRequest::default() };
            assert!(asked(&wrong).unwrap_err().contains(&name.to_lowercase()), "{name}");
        }
        assert!(
            asked(&SingleRequest { method: "G T".into(), ..SingleRequest::default() }).unwrap_err().contains("\"G T\"")
        );
    }
}
