//! Who may talk to the control port.

use std::net::IpAddr;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

/// Lets requests through that are addressed to this machine, and that no page of another origin sent.
pub(super) async fn only_from_here(request: Request, next: Next) -> Response {
    let Some(host) = host(&request) else {
        return refuse("the Host header is not valid text".into());
    };
    if !is_local(host) {
        let text = format!("the Host `{host}` is not this machine; use localhost or a loopback address");
        return refuse(text);
    }
    // A browser names the page that sent a request, a tool does not.
    if let Some(origin) = request.headers().get(header::ORIGIN) {
        let own = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        if own != Some(host) {
            return refuse(format!("requests of the page {origin:?} are not accepted here"));
        }
    }
    next.run(request).await
}

/// To whom a request is addressed: in HTTP/2 the authority, in HTTP/1 the header. Nothing at all is an empty text.
fn host(request: &Request) -> Option<&str> {
    match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST).map_or(Some(""), |value| value.to_str().ok()),
    }
}

/// Whether a host (with or without a port) is a name of the loopback that no name server decides about.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.is_empty()
        || name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn refuse(text: String) -> Response {
    (StatusCode::FORBIDDEN, text + "\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_names_of_the_loopback_are_local() {
        for host in ["", "localhost", "localhost:8082", "LOCALHOST", "127.0.0.1:8082", "127.9.8.7", "[::1]", "[::1]:80"]
        {
            assert!(is_local(host), "{host} was refused");
        }
        for host in
            ["example.org", "localhost.example.org", "127.0.0.1.example.org:80", "10.0.0.1", "[::2]:80", "a:b:c"]
        {
            assert!(!is_local(host), "{host} was let in");
        }
    }
}
