//! A collector for tests: OTLP by gRPC and by HTTP, on one port.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
    routing::post,
};
use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use meshwalk_kit::telemetry::{Collector, Protocol, TelemetrySettings};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;
use tokio::net::TcpListener;

/// The length and compression flag before a gRPC message.
const GRPC_PREFIX: usize = 5;

/// The path of OTLP's only method for spans.
pub(crate) const GRPC_PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// What the collector has received.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<(String, Span)>>>);

impl Sink {
    /// A collector, and the settings of a service that sends to it.
    pub(crate) async fn start(protocol: Protocol) -> (Self, TelemetrySettings) {
        let sink = Self::default();
        let router =
            Router::new().route("/v1/traces", post(by_http)).route(GRPC_PATH, post(by_grpc)).with_state(sink.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (sink, settings(protocol, &base))
    }

    /// All spans, each with its service's name, the outermost first.
    pub(crate) fn spans(&self) -> Vec<(String, Span)> {
        let mut spans = self.0.lock().unwrap().clone();
        spans.sort_by_key(|(_, span)| span.start_time_unix_nano);
        spans
    }

    fn take(&self, message: &[u8]) {
        let request = ExportTraceServiceRequest::decode(message).unwrap();
        for resource_spans in request.resource_spans {
            let resource = resource_spans.resource.unwrap().attributes;
            let service = resource.iter().find(|attribute| attribute.key == "service.name").unwrap().clone();
            let Value::StringValue(service) = service.value.unwrap().value.unwrap() else { panic!("no text") };
            let spans = resource_spans.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.0.lock().unwrap().extend(spans.map(|span| (service.clone(), span)));
        }
    }
}

/// The settings of a service that sends to this place.
pub(crate) fn settings(protocol: Protocol, base: &str) -> TelemetrySettings {
    let endpoint = match protocol {
        Protocol::Grpc => base.to_owned(),
        Protocol::HttpProtobuf => format!("{base}/v1/traces"),
    };
    TelemetrySettings { collector: Some(Collector { endpoint, protocol }), ..TelemetrySettings::default() }
}

/// The text of a span's attribute, or its number as text.
pub(crate) fn attribute(span: &Span, key: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        Value::DoubleValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

async fn by_http(State(sink): State<Sink>, body: Bytes) -> Response {
    sink.take(&body);
    Response::builder().header(header::CONTENT_TYPE, "application/x-protobuf").body(Body::empty()).unwrap()
}

async fn by_grpc(State(sink): State<Sink>, body: Bytes) -> Response {
    sink.take(&body[GRPC_PREFIX..]);
    grpc_response(&[])
}

/// A gRPC response with this message and the status OK.
pub(crate) fn grpc_response(message: &[u8]) -> Response {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let message = Bytes::from([&[0], &length[..], message].concat());
    let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]);
    let frames = [Frame::data(message), Frame::trailers(trailers)];
    let body = StreamBody::new(futures_util::stream::iter(frames.map(Ok::<_, std::convert::Infallible>)));
    Response::builder().header(header::CONTENT_TYPE, "application/grpc").body(Body::new(body)).unwrap()
}
