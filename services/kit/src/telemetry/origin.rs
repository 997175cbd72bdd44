//! Whom a request is for, as OpenTelemetry's conventions for HTTP write it: `server.address` without a port, and
//! `server.port` as a number of its own.

use http::{Uri, header, request, uri::Authority};

/// The port of `http` URLs that name none.
const DEFAULT_PORT: u16 = 80;

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UrlOrigin {
    /// A name or an address; an IPv6 address without the brackets that only a URL needs.
    pub(crate) host: String,
    /// The port; 80 where none is named.
    pub(crate) port: u16,
}

impl UrlOrigin {
    /// Whom a request that came in was meant for. Nothing if it does not say so, or not in a way that can be read.
    ///
    /// The request's own target, which HTTP/2 always brings, counts before the header (RFC 9112, section 3.2.2).
    pub(crate) fn asked_for(request: &request::Parts) -> Option<Self> {
        let header = || Authority::try_from(request.headers.get(header::HOST)?.as_bytes()).ok();
        Self::of(&request.uri.authority().cloned().or_else(header)?)
    }

    /// Whom a call to this URL is for.
    pub(crate) fn of_url(url: &Uri) -> Option<Self> {
        Self::of(url.authority()?)
    }

    fn of(authority: &Authority) -> Option<Self> {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        // A port must be a number: `host:` and `host:99999` are written like that.
        let port = authority.port_u16().unwrap_or(DEFAULT_PORT);
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_for(target: &str, host: Option<&str>) -> Option<(String, u16)> {
        let mut request = http::Request::builder().uri(target);
        if let Some(host) = host {
            request = request.header(header::HOST, host);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        UrlOrigin::asked_for(&parts).map(|origin| (origin.host, origin.port))
    }

    fn is(host: &str, port: u16) -> Option<(String, u16)> {
        Some((host.to_owned(), port))
    }

    #[test]
    fn a_host_header_is_taken_apart_into_host_and_port() {
        assert_eq!(asked_for("/", Some("backend:8080")), is("backend", 8080));
        assert_eq!(asked_for("/", Some("meshwalk.localhost")), is("meshwalk.localhost", 80));
        assert_eq!(asked_for("/", Some("127.1.2.3:15006")), is("127.1.2.3", 15006));
    }

    #[test]
    fn an_ipv6_address_has_no_brackets_and_its_colons_are_no_port() {
        assert_eq!(asked_for("/", Some("[fd00::1]:8080")), is("fd00::1", 8080));
        assert_eq!(asked_for("/", Some("[::1]")), is("::1", 80));
        let url = UrlOrigin::of_url(&Uri::from_static("http://[::1]:9090/items")).unwrap();
        assert_eq!((url.host.as_str(), url.port), ("::1", 9090));
    }

    #[test]
    fn a_request_without_a_host_or_with_an_unreadable_one_has_no_server_address() {
        for host in [None, Some(""), Some(":8080"), Some("two words"), Some("[::1")] {
            assert_eq!(asked_for("/", host), None, "{host:?}");
        }
    }

    #[test]
    fn the_requests_own_target_counts_before_the_header() {
        assert_eq!(asked_for("http://backend:8080/", Some("other:1")), is("backend", 8080));
        assert_eq!(asked_for("http://backend/", None), is("backend", 80));
    }
}
