//! Own spans: one chain over services, sent by either form of OTLP, complete at the end.

use http::StatusCode;
use meshwalk_kit::{
    propagation::Order,
    telemetry::{Protocol, Root, TelemetrySettings},
};
use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode as SpanStatus},
};

use super::{
    client::{Client, get, hello},
    service::{Nobody, Service},
    sink::{Sink, attribute},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A frontend and a backend that send to one collector; the answer of one request, and the spans after the end of both.
async fn spans_of(settings: &TelemetrySettings, sink: &Sink, headers: &[(&str, &str)]) -> Vec<(String, Span)> {
    let backend = Service::traced("backend", &[], settings).await;
    let url = format!("--upstream=backend=http://{}", backend.address);
    let frontend = Service::traced("frontend", &[&url], settings).await;
    assert_eq!(hello(&frontend.address, headers).await.status, StatusCode::OK);
    // The batch processor would send after five seconds; only the end can have sent what is there now.
    frontend.end().await.unwrap();
    backend.end().await.unwrap();
    sink.spans()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_runs_through_both_services_by_either_protocol() {
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let (sink, settings) = Sink::start(protocol).await;
        let spans = spans_of(&settings, &sink, &[("traceparent", &format!("00-{TRACE}-{SPAN}-01"))]).await;
        let [(first, server), (second, client), (third, far)] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!([first, second, third], ["frontend", "frontend", "backend"]);
        let kinds = [server, client, far].map(|span| span.kind());
        assert_eq!(kinds, [SpanKind::Server, SpanKind::Client, SpanKind::Server]);
        let parents = [server, client, far].map(|span| hex(&span.parent_span_id));
        assert_eq!(parents, [SPAN.to_owned(), hex(&server.span_id), hex(&client.span_id)]);
        assert!([server, client, far].iter().all(|span| hex(&span.trace_id) == TRACE));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exported_spans_are_those_of_the_traces_that_responses_call_sampled() {
    let (sink, mut settings) = Sink::start(Protocol::HttpProtobuf).await;
    settings.root = Root::Ratio(0.5);
    let backend = Service::traced("backend", &[], &settings).await;
    let url = format!("--upstream=backend=http://{}", backend.address);
    let frontend = Service::traced("frontend", &[&url], &settings).await;
    let (mut sampled, mut others) = (Vec::new(), 0);
    // That all of 40 or none is sampled happens once in 5e11 runs.
    for _ in 0..40 {
        let response = hello(&frontend.address, &[]).await.json();
        let far = &response["upstreams"][0]["hop"];
        assert_eq!(response["trace"]["id"], far["trace"]["id"], "unsampled traces go on, too");
        assert_eq!(response["trace"]["sampled"], far["trace"]["sampled"]);
        match response["trace"]["sampled"].as_bool().unwrap() {
            true => sampled.extend(std::iter::repeat_n(response["trace"]["id"].as_str().unwrap().to_owned(), 3)),
            false => others += 1,
        }
    }
    frontend.end().await.unwrap();
    backend.end().await.unwrap();
    let mut exported: Vec<_> = sink.spans().iter().map(|(_, span)| hex(&span.trace_id)).collect();
    exported.sort();
    sampled.sort();
    assert_eq!(exported, sampled);
    assert!(others > 0 && !sampled.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_leaves_no_answer_and_a_fault_of_a_call_are_on_their_spans() {
    let (sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    let rules = "--fault=reset;id=cut;path=/cut\nreset;id=broken;upstream=inventory";
    let service = Service::traced("backend", &["--upstream=inventory=http://127.0.0.1:9", rules], &settings).await;
    Client::http1().get(&service.address, "/cut", &[]).await.unwrap_err();
    hello(&service.address, &[]).await;
    service.end().await.unwrap();
    let spans = sink.spans();
    for (kind, id) in [(SpanKind::Server, "cut"), (SpanKind::Client, "broken")] {
        let faulty = |span: &&Span| span.kind() == kind && attribute(span, "meshwalk.fault.id").as_deref() == Some(id);
        let span = spans.iter().map(|(_, span)| span).find(faulty).unwrap();
        assert_eq!(attribute(span, "meshwalk.fault.mode").as_deref(), Some("reset"));
        assert_eq!(attribute(span, "error.type").as_deref(), Some("reset"));
        assert_eq!(attribute(span, "http.response.status_code"), None);
        assert_eq!(span.status.as_ref().unwrap().code(), SpanStatus::Error);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_and_attributes_are_those_of_the_conventions() {
    let (sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    let nobody = Nobody::new();
    let url = format!("--upstream=inventory=http://{}/items", nobody.address());
    let service = Service::traced("backend", &[&url, "--fault=latency=1ms;id=slow"], &settings).await;
    hello(&service.address, &[("x-envoy-attempt-count", "2"), ("host", "backend:8080")]).await;
    get(&service.address, "/no/such/path", &[]).await;
    service.end().await.unwrap();
    let spans = sink.spans();
    let named = |name: &str| &spans.iter().find(|(_, span)| span.name == name).unwrap().1;

    let server = named("GET /api/hello");
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/api/hello"),
        ("http.response.status_code", "502"),
        ("error.type", "502"),
        ("network.protocol.version", "1.1"),
        ("meshwalk.attempt", "2"),
        ("meshwalk.fault.id", "slow"),
        ("meshwalk.fault.mode", "latency"),
        ("meshwalk.fault.rule", "latency=1ms;id=slow"),
        ("meshwalk.fault.delay_ms", "1"),
        ("url.path", "/api/hello"),
        ("url.scheme", "http"),
        ("server.address", "backend"),
        ("server.port", "8080"),
    ] {
        assert_eq!(attribute(server, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(server.status.as_ref().unwrap().code(), SpanStatus::Error);
    let client = spans.iter().map(|(_, span)| span).find(|span| span.kind() == SpanKind::Client).unwrap();
    assert_eq!(attribute(client, "server.address").as_deref(), Some("127.0.0.1"));
    for span in [server, client] {
        let port = span.attributes.iter().find(|attribute| attribute.key == "server.port").unwrap();
        let value = port.value.as_ref().and_then(|value| value.value.as_ref());
        assert!(matches!(value, Some(Value::IntValue(_))), "a number: {port:?}");
    }
    assert_eq!(attribute(client, "url.full"), Some(format!("http://{}/items", nobody.address())));
    assert_eq!(attribute(client, "error.type").as_deref(), Some("refused"));
    assert_eq!(client.status.as_ref().unwrap().code(), SpanStatus::Error);
    // Nothing but the conventions and what is this program's own: no places in the code, no threads, no log lines.
    let own = ["http", "url", "network", "server", "user_agent", "error", "peer", "meshwalk"];
    for (_, span) in &spans {
        assert!(span.events.is_empty() && span.links.is_empty(), "{span:?}");
        for KeyValue { key, .. } in &span.attributes {
            assert!(own.contains(&key.split('.').next().unwrap()), "{key}");
        }
    }
    // A path that is not there names no span, and is not an error of the server.
    let unknown = spans.iter().map(|(_, span)| span).find(|span| span.name == "GET" && span.kind() == SpanKind::Server);
    assert_eq!(unknown.unwrap().status.as_ref().map_or(SpanStatus::Unset, |status| status.code()), SpanStatus::Unset);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_caller_does_not_sample_is_not_sampled_here() {
    let (sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    for headers in [
        ("traceparent", format!("00-{TRACE}-{SPAN}-00")),
        ("b3", format!("{TRACE}-{SPAN}-0")),
        ("b3", "0".to_owned()),
        ("x-b3-sampled", "0".to_owned()),
    ] {
        assert!(spans_of(&settings, &sink, &[(headers.0, &headers.1)]).await.is_empty(), "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_caller_leaves_open_is_decided_here() {
    for (root, spans) in [(Root::All, 3), (Root::None, 0)] {
        for headers in [vec![], vec![("b3", format!("{TRACE}-{SPAN}"))]] {
            let (sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
            let settings = TelemetrySettings { root, ..settings };
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(spans_of(&settings, &sink, &headers).await.len(), spans, "{root:?} {headers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_conflict_the_spans_follow_the_order_of_the_propagators() {
    let other = TRACE.replace('0', "1");
    let headers = [("traceparent", format!("00-{TRACE}-{SPAN}-01")), ("b3", format!("{other}-{SPAN}-1"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    for (propagators, trace) in [("tracecontext", TRACE), ("b3,tracecontext", &other)] {
        let (sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
        let settings = TelemetrySettings { order: Order::from_propagators(propagators).0, ..settings };
        let spans = spans_of(&settings, &sink, &headers).await;
        assert!(spans.len() == 3 && spans.iter().all(|(_, span)| hex(&span.trace_id) == trace), "{spans:?}");
    }
}
