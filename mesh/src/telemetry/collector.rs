//! Receiver of spans: OTLP over HTTP with protobuf (OpenTelemetry protocol specification, "OTLP/HTTP").

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{Span as OtlpSpan, status::StatusCode as SpanStatus},
};
use prost::Message;

use super::traces::Traces;
use crate::control::types::{Span, SpanEvent};

const PROTOBUF: &str = "application/x-protobuf";
/// Largest request body. A batch of 512 spans, the exporters' default, has some hundred kilobytes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Routes of the receiver.
pub fn router(traces: Arc<Traces>) -> Router {
    Router::new().route("/v1/traces", post(receive)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).with_state(traces)
}

async fn receive(State(traces): State<Arc<Traces>>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with(PROTOBUF) {
        let message = format!(
            "unsupported content type {kind:?}, expected {PROTOBUF}; set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
        );
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into_response();
    }
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return (StatusCode::BAD_REQUEST, "the body is not a valid ExportTraceServiceRequest").into_response();
    };
    for group in request.resource_spans {
        let resource = attributes(&group.resource.unwrap_or_default().attributes);
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            traces.add(hex(&span.trace_id), convert(&span, &resource));
        }
    }
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    ([(header::CONTENT_TYPE, HeaderValue::from_static(PROTOBUF))], answer).into_response()
}

fn convert(span: &OtlpSpan, resource: &BTreeMap<String, String>) -> Span {
    let events = span
        .events
        .iter()
        .map(|event| SpanEvent { name: event.name.clone(), attributes: attributes(&event.attributes) });
    Span {
        id: hex(&span.span_id),
        parent: Some(hex(&span.parent_span_id)).filter(|id| !id.is_empty()),
        service: resource.get("service.name").cloned().unwrap_or_else(|| "unknown_service".to_owned()),
        operation: span.name.clone(),
        kind: span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_ascii_lowercase(),
        start_unix_ns: span.start_time_unix_nano,
        duration_ns: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
        error: span.status.as_ref().is_some_and(|status| status.code() == SpanStatus::Error),
        attributes: attributes(&span.attributes),
        resource: resource.clone(),
        events: events.collect(),
    }
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    pairs.iter().map(|pair| (pair.key.clone(), text(pair.value.as_ref()))).collect()
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        None => String::new(),
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        Some(Value::BytesValue(bytes)) => hex(bytes),
        Some(Value::ArrayValue(array)) => {
            let values: Vec<String> = array.values.iter().map(|value| text(Some(value))).collect();
            format!("[{}]", values.join(", "))
        }
        Some(Value::KvlistValue(list)) => {
            let pairs = list.values.iter().map(|pair| format!("{}={}", pair.key, text(pair.value.as_ref())));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        // A string table reference, used only by profiles.
        Some(_) => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        resource::v1::Resource,
        trace::v1::{ResourceSpans, ScopeSpans, Status, span::SpanKind},
    };

    use super::*;

    fn pair(key: &str, value: Value) -> KeyValue {
        KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    }

    fn headers(kind: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))])
    }

    #[tokio::test]
    async fn stores_received_spans_with_service_kind_and_status() {
        let span = OtlpSpan {
            trace_id: vec![0xab; 16],
            span_id: vec![1; 8],
            parent_span_id: vec![2; 8],
            name: "GET /api/hello".to_owned(),
            kind: SpanKind::Server.into(),
            start_time_unix_nano: 10,
            end_time_unix_nano: 25,
            attributes: vec![pair("http.response.status_code", Value::IntValue(503))],
            status: Some(Status { code: SpanStatus::Error.into(), message: String::new() }),
            ..OtlpSpan::default()
        };
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource {
                    attributes: vec![pair("service.name", Value::StringValue("backend".to_owned()))],
                    ..Resource::default()
                }),
                scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            }],
        };
        let traces = Arc::new(Traces::default());
        let answer = receive(State(Arc::clone(&traces)), headers(PROTOBUF), request.encode_to_vec().into()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let span = traces.find(&"ab".repeat(16)).unwrap().spans.remove(0);
        assert_eq!((span.service.as_str(), span.kind.as_str(), span.error), ("backend", "server", true));
        assert_eq!((span.duration_ns, span.parent.as_deref()), (15, Some("0202020202020202")));
        assert_eq!(span.attributes["http.response.status_code"], "503");
    }

    #[tokio::test]
    async fn rejects_non_protobuf_body_and_names_the_setting() {
        let traces = Arc::new(Traces::default());
        let answer = receive(State(Arc::clone(&traces)), headers("application/json"), Bytes::new()).await;
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let answer = receive(State(traces), headers(PROTOBUF), Bytes::from_static(b"\xff\xff")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
}
