//! A single request on a connection of its own, and everything that its answer says.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;
use serde::{Deserialize, Serialize};

use super::{Address, Failure, FailureKind, connection};

/// What to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Question {
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

impl Default for Question {
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

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The status; none if there was no HTTP answer.
    pub status: Option<u16>,
    /// The answer's headers in their order.
    pub headers: Vec<(String, String)>,
    /// The answer's body as text.
    pub body: String,
    /// Why there was no HTTP answer.
    pub error: Option<Unanswered>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// Why there was no HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// How it failed.
    pub kind: FailureKind,
    /// In words.
    pub detail: String,
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self { kind: failure.kind, detail: failure.detail }
    }
}

/// Asks, with the Host header `authority` for `path`.
///
/// # Errors
/// A method, a header or a path that cannot be sent, in words.
pub async fn ask(address: &Address, authority: &str, path: &str, question: &Question) -> Result<Answered, String> {
    let request = request(authority, path, question)?;
    let started = Instant::now();
    let reply = connection::exchange_once(address, request, Duration::from_millis(question.timeout_ms)).await;
    let took_ms = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    Ok(match reply {
        Ok(reply) => Answered {
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
        Err(failure) => {
            Answered { status: None, headers: Vec::new(), body: String::new(), error: Some(failure.into()), took_ms }
        }
    })
}

fn request(authority: &str, path: &str, question: &Question) -> Result<Request<Full<bytes::Bytes>>, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &Question) -> Result<Request<Full<bytes::Bytes>>, String> {
        request("echo:8080", "/api/echo//a", question)
    }

    #[test]
    fn a_header_that_is_told_twice_is_sent_twice_and_the_path_as_it_is() {
        let twice = vec![("x-a".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())];
        let request = asked(&Question { headers: twice, method: "PATCH".into(), ..Question::default() }).unwrap();
        assert_eq!(request.headers().get_all("x-a").iter().count(), 2);
        assert_eq!((request.uri().path(), request.method().as_str()), ("/api/echo//a", "PATCH"));
        assert_eq!(request.headers()[header::HOST], "echo:8080");
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let wrong = Question { headers: vec![("x a".into(), "1".into())], ..Question::default() };
        assert_eq!(asked(&wrong).unwrap_err(), "the header x a: 1 cannot be sent");
        for name in ["Content-Length", "transfer-encoding"] {
            let wrong = Question { headers: vec![(name.into(), "5".into())], ..Question::default() };
            assert!(asked(&wrong).unwrap_err().contains(&name.to_lowercase()), "{name}");
        }
        assert!(asked(&Question { method: "G T".into(), ..Question::default() }).unwrap_err().contains("\"G T\""));
    }
}
