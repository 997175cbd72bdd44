//! Rejects requests whose `Host` is missing, repeated or invalid (RFC 9112, section 3.2; RFC 9113, section 8.3.1).
//!
//! The check reads a few bytes and allocates nothing for a valid request. An empty `Host` is valid: an origin server may
//! use its default host then (RFC 9112, section 3.3), and every host is the default of these services.

use std::{fmt, net::Ipv6Addr};

use axum::{
    Json,
    body::{Body, HttpBody},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, Version, header, request, uri::Scheme};
use serde_json::json;

use crate::body::Lingering;

/// Why a request does not say for which host it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostError {
    /// HTTP/1.1 without a `Host` header. HTTP/1.0 does not have one, and HTTP/2 has `:authority`.
    Missing,
    /// More than one `Host` header.
    Repeated,
    /// A `Host` header that is not `host` or `host:port`.
    InvalidHeader,
    /// A request target or `:authority` that is not `host` or `host:port`, for example one with a user name.
    InvalidTarget,
    /// HTTP/2 whose `Host` header differs from `:authority`.
    Conflict,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the Host header is missing; HTTP/1.1 requires one",
            Self::Repeated => "the request has more than one Host header; send one",
            Self::InvalidHeader => "invalid Host header; use HOST or HOST:PORT",
            Self::InvalidTarget => "invalid host in the request target; use HOST or HOST:PORT without a user name",
            Self::Conflict => "the Host header differs from :authority; send one of them",
        })
    }
}

impl IntoResponse for HostError {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({"status": 400, "error": self.to_string()}))).into_response()
    }
}

/// Checks the `Host` header and the authority of a request's target.
///
/// # Errors
/// The first rule that the request breaks. The answer to it is 400.
pub(crate) fn check(request: &request::Parts) -> Result<(), HostError> {
    let mut headers = request.headers.get_all(header::HOST).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(HostError::Repeated);
    }
    if header.is_none() && request.version == Version::HTTP_11 {
        return Err(HostError::Missing);
    }
    let of_header = header.map(parse_header).transpose()?;
    let Some(authority) = request.uri.authority() else { return Ok(()) };
    let of_target = HostPort::parse(authority.as_str().as_bytes()).ok_or(HostError::InvalidTarget)?;
    // In HTTP/1, the host of an absolute target replaces the header, whatever that says (RFC 9112, section 3.2.2).
    let must_agree = request.version >= Version::HTTP_2;
    let default_port = if request.uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    match of_header {
        Some(of_header) if must_agree && !of_header.is_same(of_target, default_port) => Err(HostError::Conflict),
        _ => Ok(()),
    }
}

/// Middleware of a port whose requests are not observed.
pub(crate) async fn require_valid_host(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match check(&parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => reject(error, &parts, body),
    }
}

/// Answers a request that broke a rule. The rest of its body is read in the background, so that the client receives the
/// answer.
pub(crate) fn reject(error: HostError, request: &request::Parts, body: Body) -> Response {
    let mut response = error.into_response();
    if !body.is_end_stream() {
        if request.version < Version::HTTP_2 {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        drop(Lingering::new(request, body));
    }
    response
}

fn parse_header(value: &HeaderValue) -> Result<HostPort<'_>, HostError> {
    match value.as_bytes() {
        b"" => Ok(HostPort { host: b"", port: b"" }),
        text => HostPort::parse(text).ok_or(HostError::InvalidHeader),
    }
}

/// A host and a port as they were written.
#[derive(Debug, Clone, Copy)]
struct HostPort<'a> {
    host: &'a [u8],
    /// Digits, or empty.
    port: &'a [u8],
}

impl<'a> HostPort<'a> {
    /// Parses `uri-host [":" port]` (RFC 9110, section 7.2) with a host that is not empty, as `http` demands (section 4.2.1).
    fn parse(text: &'a [u8]) -> Option<Self> {
        let end = if text.first() == Some(&b'[') {
            let end = text.iter().position(|byte| *byte == b']')?;
            is_ip_literal(&text[1..end]).then_some(end + 1)?
        } else {
            let end = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
            (end > 0 && is_reg_name(&text[..end])).then_some(end)?
        };
        let (host, rest) = text.split_at(end);
        let port = if rest.is_empty() { rest } else { rest.strip_prefix(b":")? };
        port.iter().all(u8::is_ascii_digit).then_some(Self { host, port })
    }

    /// Compares after normalization: hosts ignore case, and an absent port is the default one (RFC 3986, section 6.2.3).
    fn is_same(self, other: Self, default_port: u64) -> bool {
        let port = |of: Self| match of.port {
            b"" => Some(default_port),
            digits => std::str::from_utf8(digits).ok()?.parse().ok(),
        };
        self.host.eq_ignore_ascii_case(other.host) && port(self) == port(other)
    }
}

/// Content of the brackets of `IP-literal`: an IPv6 address or an address of a later version (RFC 3986, section 3.2.2).
fn is_ip_literal(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let later = || {
        let (version, address) = text.strip_prefix(['v', 'V'])?.split_once('.')?;
        let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_address = !address.is_empty() && address.bytes().all(|byte| byte == b':' || is_name_character(byte));
        Some(is_version && is_address)
    };
    text.parse::<Ipv6Addr>().is_ok() || later() == Some(true)
}

/// `reg-name` of RFC 3986, section 3.2.2, which IPv4 addresses match too.
fn is_reg_name(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(index, byte)| match byte {
        b'%' => text.get(index + 1..index + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        byte => is_name_character(*byte),
    })
}

/// `unreserved` or `sub-delims` of RFC 3986, sections 2.2 and 2.3.
fn is_name_character(byte: u8) -> bool {
    NAME_CHARACTERS[usize::from(byte)]
}

/// For each byte, the result of [`is_name_character`].
const NAME_CHARACTERS: [bool; 256] = {
    let marks = b"-._~!$&'()*+,;=";
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut index = 0;
    while index < marks.len() {
        table[marks[index] as usize] = true;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests;
