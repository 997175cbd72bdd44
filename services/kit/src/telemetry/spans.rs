//! The two kinds of spans, with the names and attributes of OpenTelemetry's semantic conventions for HTTP.

use http::{Method, StatusCode, Uri, Version, header, request};
use opentelemetry::{
    Context, KeyValue,
    trace::{SpanContext, SpanKind, Status, TraceContextExt, Tracer},
};

use super::Traces;
use crate::{faults::InjectedFault, propagation::Parent};

/// A method as a label or attribute: one of those that are known, so that a client cannot make up new series.
pub(crate) fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "_OTHER",
    }
}

impl Traces {
    /// Starts the span of a request that came in; an empty context if there are no spans.
    pub(crate) fn server_span(&self, request: &request::Parts, route: Option<&str>, parent: Parent) -> Context {
        let Some(tracer) = &self.tracer else { return Context::new() };
        let method = method_label(&request.method);
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.path", request.uri.path().to_owned()),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("network.protocol.version", protocol_version(request.version)),
        ];
        if method == "_OTHER" {
            attributes.push(KeyValue::new("http.request.method_original", request.method.to_string()));
        }
        attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
        for (name, attribute) in [(header::HOST, "server.address"), (header::USER_AGENT, "user_agent.original")] {
            if let Some(value) = request.headers.get(name).and_then(|value| value.to_str().ok()) {
                attributes.push(KeyValue::new(attribute, value.to_owned()));
            }
        }
        let caller = match parent.span {
            Some(span) => Context::new().with_remote_span_context(span),
            None => Context::new(),
        };
        let span = tracer
            .span_builder(name(method, route))
            .with_kind(SpanKind::Server)
            .with_attributes(attributes)
            .start_with_context(tracer, &caller.with_value(parent.decision));
        Context::new().with_span(span)
    }

    /// Starts the span of a call to an upstream.
    pub(crate) fn client_span(&self, within: &Context, method: &Method, upstream: &str, url: &Uri) -> Context {
        let Some(tracer) = &self.tracer else { return Context::new() };
        let method = method_label(method);
        let span = tracer
            .span_builder(method)
            .with_kind(SpanKind::Client)
            .with_attributes([
                KeyValue::new("http.request.method", method),
                KeyValue::new("url.full", url.to_string()),
                KeyValue::new("server.address", url.host().unwrap_or_default().to_owned()),
                KeyValue::new("server.port", i64::from(url.port_u16().unwrap_or(80))),
                KeyValue::new("peer.service", upstream.to_owned()),
            ])
            .start_with_context(tracer, within);
        within.with_span(span)
    }
}

/// Ends a server's span. Only the server's own failures are errors; a client's are the client's.
pub(crate) fn end_server(span: &Context, status: Option<StatusCode>, attempt: u32, faults: &[InjectedFault]) {
    let span = span.span();
    span.set_attribute(KeyValue::new("meshwalk.attempt", i64::from(attempt)));
    if !faults.is_empty() {
        let joined = |part: fn(&InjectedFault) -> &str| faults.iter().map(part).collect::<Vec<_>>().join(",");
        span.set_attribute(KeyValue::new("meshwalk.fault.id", joined(|fault| &fault.id)));
        span.set_attribute(KeyValue::new("meshwalk.fault.mode", joined(|fault| fault.mode)));
        let delay_ms: f64 = faults.iter().filter_map(|fault| fault.delay_ms).sum();
        if delay_ms > 0.0 {
            span.set_attribute(KeyValue::new("meshwalk.fault.delay_ms", delay_ms));
        }
    }
    match status {
        Some(status) => end(&span, status, status.is_server_error()),
        None => {
            span.set_attribute(KeyValue::new("error.type", "cancelled"));
            span.end();
        }
    }
}

/// Ends a client's span: with the status that was received, or with the kind of the failure.
pub(crate) fn end_client(span: &Context, outcome: Result<StatusCode, &'static str>) {
    let span = span.span();
    match outcome {
        Ok(status) => end(&span, status, status.is_client_error() || status.is_server_error()),
        Err(kind) => {
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(""));
            span.end();
        }
    }
}

/// The context of an own span, if there is one.
pub(crate) fn own(span: &Context) -> Option<SpanContext> {
    Some(span.span().span_context().clone()).filter(SpanContext::is_valid)
}

fn end(span: &opentelemetry::trace::SpanRef<'_>, status: StatusCode, is_error: bool) {
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if is_error {
        span.set_attribute(KeyValue::new("error.type", status.as_u16().to_string()));
        span.set_status(Status::error(""));
    }
    span.end();
}

fn name(method: &'static str, route: Option<&str>) -> String {
    let method = if method == "_OTHER" { "HTTP" } else { method };
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

fn protocol_version(version: Version) -> &'static str {
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
    fn protocol_versions_are_numbers_alone() {
        assert_eq!(protocol_version(Version::HTTP_11), "1.1");
        assert_eq!(protocol_version(Version::HTTP_2), "2");
    }
}
