//! The two kinds of spans, with the names and attributes of OpenTelemetry's semantic conventions for HTTP.
//!
//! They are [`Span`]s of `tracing`, which [`Traces`] hands to OpenTelemetry. Such a span ends when its last owner drops it.

use http::{Method, StatusCode, Uri, Version, header, request};
use tracing::{Span, field::Empty, info_span};

use super::{OwnSpan, Traces, origin::UrlOrigin};
use crate::{
    known_headers::{Known, KnownHeaders},
    metric_names::CANCELLED,
    propagation::Parent,
};

/// Labels of methods. The last one stands for all others, so that a client cannot make up new series.
pub(super) const METHOD_LABELS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", OTHER_METHOD];

const OTHER_METHOD: &str = "_OTHER";

/// Label or attribute of a method: one of [`METHOD_LABELS`].
pub(crate) fn method_label(method: &Method) -> &'static str {
    METHOD_LABELS.into_iter().find(|label| method == label).unwrap_or(OTHER_METHOD)
}

impl Traces {
    /// Starts the span of a request that came in.
    pub(crate) fn server_span(&self, request: &request::Parts, route: Option<&str>, caller: Parent) -> OwnSpan {
        self.root(caller, || {
            let method = method_label(&request.method);
            let origin = UrlOrigin::asked_for(request);
            let user_agent = request.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
            info_span!(
                parent: None,
                "server",
                otel.name = name(method, route),
                otel.kind = "server",
                otel.status_code = Empty,
                http.request.method = method,
                http.request.method_original = (method == OTHER_METHOD).then(|| request.method.as_str()),
                http.route = route,
                http.response.status_code = Empty,
                error.type = Empty,
                url.path = request.uri.path(),
                url.scheme = url_scheme(&KnownHeaders::read(&request.headers), &request.uri),
                network.protocol.version = protocol_version(request.version),
                server.address = origin.as_ref().map(|origin| origin.host.as_str()),
                server.port = origin.as_ref().map(|origin| i64::from(origin.port)),
                user_agent.original = user_agent,
                meshwalk.attempt = Empty,
                meshwalk.fault.id = Empty,
                meshwalk.fault.mode = Empty,
                meshwalk.fault.rule = Empty,
                meshwalk.fault.capped = Empty,
                meshwalk.fault.delay_ms = Empty,
            )
        })
    }

    /// Starts the span of a call to an upstream.
    pub(crate) fn client_span(&self, within: &OwnSpan, method: &Method, upstream: &str, url: &Uri) -> OwnSpan {
        self.child(within, || {
            let method = method_label(method);
            let origin = UrlOrigin::of_url(url);
            info_span!(
                parent: None,
                "client",
                otel.name = name(method, None),
                otel.kind = "client",
                otel.status_code = Empty,
                http.request.method = method,
                http.response.status_code = Empty,
                error.type = Empty,
                url.full = %url,
                server.address = origin.as_ref().map(|origin| origin.host.as_str()),
                server.port = origin.as_ref().map(|origin| i64::from(origin.port)),
                peer.service = upstream,
                meshwalk.fault.id = Empty,
                meshwalk.fault.mode = Empty,
                meshwalk.fault.rule = Empty,
                meshwalk.fault.capped = Empty,
                meshwalk.fault.delay_ms = Empty,
            )
        })
    }
}

/// Says how a server's span ends. Only the server's own failures are errors; a client's are the client's.
pub(crate) fn server_outcome(OwnSpan { span, .. }: &OwnSpan, outcome: Result<StatusCode, &'static str>, attempt: u32) {
    if span.is_disabled() {
        return;
    }
    span.record("meshwalk.attempt", i64::from(attempt));
    match outcome {
        Ok(status) => answered(span, status, status.is_server_error()),
        Err(why) => unanswered(span, why),
    }
}

/// Says how a client's span ends: with the status that was received, or with the kind of the failure.
pub(crate) fn client_outcome(OwnSpan { span, .. }: &OwnSpan, outcome: Result<StatusCode, &'static str>) {
    if span.is_disabled() {
        return;
    }
    match outcome {
        Ok(status) => answered(span, status, status.is_client_error() || status.is_server_error()),
        Err(kind) => unanswered(span, kind),
    }
}

/// Records the end without a response. A request that its own sender cancelled did not fail.
fn unanswered(span: &Span, error_type: &'static str) {
    span.record("error.type", error_type);
    if error_type != CANCELLED {
        span.record("otel.status_code", "error");
    }
}

fn answered(span: &Span, status: StatusCode, is_error: bool) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if is_error {
        span.record("error.type", status.as_str()).record("otel.status_code", "error");
    }
}

fn name(method: &'static str, route: Option<&str>) -> String {
    let method = if method == OTHER_METHOD { "HTTP" } else { method };
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

/// The scheme of the client's own request: what a proxy in front says of it, or else the scheme of the target.
///
/// As the semantic conventions define `url.scheme`. One of two values, so that a client cannot make up new series.
pub(crate) fn url_scheme(known: &KnownHeaders<'_>, target: &Uri) -> &'static str {
    let first = |name| Some(known.text(name)?.split(',').next()?.trim());
    let forwarded = || {
        first(Known::Forwarded)?.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("proto").then(|| value.trim().trim_matches('"'))
        })
    };
    let scheme = forwarded().or_else(|| first(Known::XForwardedProto)).or_else(|| target.scheme_str());
    if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) { "https" } else { "http" }
}

/// The version of HTTP as the semantic conventions write it.
pub(super) fn protocol_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_method_is_folded_and_a_raw_path_never_names_a_span() {
        assert_eq!(name(method_label(&Method::from_bytes(b"BREW").unwrap()), Some("/x")), "HTTP /x");
        assert_eq!(name("GET", None), "GET");
    }

    #[test]
    fn url_scheme_is_that_of_the_clients_request() {
        for (target, headers, expected) in [
            ("/", &[][..], "http"),
            ("https://host/", &[], "https"),
            ("/", &[("x-forwarded-proto", "https")], "https"),
            ("/", &[("x-forwarded-proto", "HTTPS, http")], "https"),
            ("https://host/", &[("x-forwarded-proto", "http")], "http"),
            ("/", &[("forwarded", "for=192.0.2.1; Proto=\"https\"; by=x, proto=http")], "https"),
            ("/", &[("forwarded", "for=192.0.2.1"), ("x-forwarded-proto", "https")], "https"),
            ("/", &[("x-forwarded-proto", "gopher")], "http"),
        ] {
            let mut request = http::Request::builder().uri(target);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(url_scheme(&KnownHeaders::read(&parts.headers), &parts.uri), expected, "{target} {headers:?}");
        }
    }

    #[test]
    fn protocol_versions_are_numbers_alone() {
        assert_eq!(protocol_version(Version::HTTP_11), "1.1");
        assert_eq!(protocol_version(Version::HTTP_2), "2");
    }
}
