//! W3C Trace Context level 2 and W3C Baggage over the wire: what comes in, and what an upstream receives.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State};
use http::HeaderMap;
use meshwalk_kit::telemetry::{Protocol, TelemetrySettings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{client::get, service::Service, sink::Sink};

const TRACE: &str = "12345678901234567890123456789012";
const SPAN: &str = "1234567890123456";

/// A frontend, and the headers that its upstream received last.
struct Hop {
    frontend: Service,
    received: Arc<Mutex<HeaderMap>>,
}

impl Hop {
    async fn start(settings: &TelemetrySettings) -> Self {
        let received = Arc::new(Mutex::new(HeaderMap::new()));
        let keep = async |State(received): State<Arc<Mutex<HeaderMap>>>, headers: HeaderMap| {
            *received.lock().unwrap() = headers;
        };
        let upstream = Router::new().fallback(keep).with_state(Arc::clone(&received));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let flag = format!("--upstream=up=http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, upstream).await });
        Self { frontend: Service::traced("frontend", &[&flag], settings).await, received }
    }

    /// Sends these header lines as they are written here. Returns what the upstream received.
    async fn send(&self, lines: &[String]) -> HeaderMap {
        let mut stream = TcpStream::connect(&self.frontend.address).await.unwrap();
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let request = format!("GET /api/hello HTTP/1.1\r\nhost: f\r\nconnection: close\r\n{lines}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

/// All values of a header, joined with `|`.
fn values(headers: &HeaderMap, name: &str) -> String {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join("|")
}

/// The trace id, the parent id and the flags of the one `traceparent`, which must be valid.
fn traceparent(headers: &HeaderMap) -> (String, String, String) {
    let text = values(headers, "traceparent");
    let fields: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags] = fields[..] else { panic!("not four fields: {text}") };
    assert_eq!((version, trace.len(), parent.len(), flags.len()), ("00", 32, 16, 2), "{text}");
    assert!(fields.concat().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{text}");
    assert!(trace.contains(|digit| digit != '0') && parent.contains(|digit| digit != '0'), "{text}");
    (trace.to_owned(), parent.to_owned(), flags.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn valid_traceparent_continues_with_its_flags() {
    let (_sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    let hop = Hop::start(&settings).await;
    for (value, flags) in [
        (format!("00-{TRACE}-{SPAN}-00"), "00"),
        (format!("00-{TRACE}-{SPAN}-01"), "01"),
        (format!("00-{TRACE}-{SPAN}-02"), "02"),
        (format!("00-{TRACE}-{SPAN}-03"), "03"),
        // Undefined flags are not passed on.
        (format!("00-{TRACE}-{SPAN}-ff"), "03"),
        (format!("00-{TRACE}-{SPAN}-fc"), "00"),
        // Later versions are continued as version 00.
        (format!("cc-{TRACE}-{SPAN}-03"), "03"),
        (format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like"), "01"),
        (format!("\t 00-{TRACE}-{SPAN}-01 \t"), "01"),
    ] {
        for name in ["traceparent", "TraceParent", "TRACEPARENT"] {
            let out = hop.send(&[format!("{name}:{value}")]).await;
            let (trace, parent, out_flags) = traceparent(&out);
            assert_eq!((trace.as_str(), out_flags.as_str()), (TRACE, flags), "{name}: {value}");
            assert_ne!(parent, SPAN, "{value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_traceparent_starts_a_new_trace_without_tracestate() {
    let (_sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    let hop = Hop::start(&settings).await;
    let valid = format!("traceparent: 00-{TRACE}-{SPAN}-01");
    for lines in [
        vec![],
        vec![valid.clone(), valid.clone()],
        vec![valid.clone(), valid.replace("12-", "11-")],
        vec![valid.replace("traceparent", "trace-parent")],
        vec![format!("{valid}.")],
        vec![format!("{valid}-more")],
        vec![format!("{valid}, {valid}")],
        vec![valid.replace("00-", "cc-") + ".more"],
        vec![valid.replace("00-", "ff-")],
        vec![valid.replace("00-", ".0-")],
        vec![valid.replace("00-", "000-")],
        vec![valid.replace("00-", "0-")],
        vec![valid.replace(TRACE, &"0".repeat(32))],
        vec![valid.replace(TRACE, &format!("{TRACE}3"))],
        vec![valid.replace(TRACE, &TRACE[1..])],
        vec![valid.replace(TRACE, &TRACE.replace("12", "AB"))],
        vec![valid.replace(&format!("-{SPAN}"), &format!("-{}", "0".repeat(16)))],
        vec![valid.replace(&format!("-{SPAN}"), &format!("-{}.", &SPAN[1..]))],
        vec![valid.replace("-01", "-.1")],
        vec![valid.replace("-01", "-001")],
        vec![valid.replace("-01", "-1")],
    ] {
        let out = hop.send(&[lines.clone(), vec!["tracestate: foo=1".to_owned()]].concat()).await;
        let (trace, _, flags) = traceparent(&out);
        assert_ne!(trace, TRACE, "{lines:?}");
        // The new id is random, and says so.
        assert_eq!((flags.as_str(), values(&out, "tracestate")), ("03", String::new()), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn valid_tracestate_is_passed_on_and_an_invalid_one_is_discarded() {
    let (_sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    let hop = Hop::start(&settings).await;
    let long_tenant = format!("{}@{}=1", "t".repeat(241), "v".repeat(14));
    let numbered = |count: usize| (0..count).map(|n| format!("v{n}=1")).collect::<Vec<_>>().join(",");
    let (most, too_many) = (numbered(32), numbered(33));
    for (lines, expected) in [
        (vec!["foo=1,bar=2"], "foo=1,bar=2"),
        (vec!["foo=1 \t , \t bar=2", "", "rojo=1"], "foo=1,bar=2,rojo=1"),
        (vec!["foo=1,foo=2"], "foo=1,foo=2"),
        (vec!["foo@=1,bar=2"], "foo@=1,bar=2"),
        (vec!["foo@@bar=1,bar=2"], "foo@@bar=1,bar=2"),
        (vec!["foo@bar@baz=1,bar=2"], "foo@bar@baz=1,bar=2"),
        (vec![long_tenant.as_str()], long_tenant.as_str()),
        (vec![most.as_str()], most.as_str()),
        (vec!["@foo=1,bar=2"], ""),
        (vec!["foo=,bar=3"], ""),
        (vec!["foo=bar=baz"], ""),
        (vec!["FOO=1"], ""),
        (vec![too_many.as_str()], ""),
        (vec![""], ""),
    ] {
        let mut request = vec![format!("traceparent: 00-{TRACE}-{SPAN}-00")];
        request.extend(lines.iter().map(|line| format!("TraceState: {line}")));
        let out = hop.send(&request).await;
        assert_eq!(values(&out, "tracestate"), expected, "{lines:?}");
        assert_eq!(traceparent(&out).0, TRACE, "an invalid tracestate does not matter to traceparent: {lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trace_that_continues_from_b3_does_not_claim_a_random_id() {
    let (_sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    let hop = Hop::start(&settings).await;
    for (lines, trace, flags) in [
        (vec![format!("b3: {TRACE}-{SPAN}-1")], Some(TRACE), "01"),
        // The same trace in both families: `traceparent` knows the flag.
        (vec![format!("b3: {TRACE}-{SPAN}-1"), format!("traceparent: 00-{TRACE}-{SPAN}-03")], Some(TRACE), "03"),
        // A decision without ids starts a trace.
        (vec!["b3: 0".to_owned()], None, "02"),
    ] {
        let out = hop.send(&lines).await;
        let (out_trace, _, out_flags) = traceparent(&out);
        assert_eq!(out_flags, flags, "{lines:?}");
        assert!(trace.is_none_or(|trace| trace == out_trace), "{lines:?}");
    }
}

#[tokio::test]
async fn without_own_spans_trace_headers_pass_on_byte_by_byte() {
    let hop = Hop::start(&TelemetrySettings::default()).await;
    for (parent, states) in [
        (format!("00-{TRACE}-{SPAN}-03"), vec!["foo=1 ,\tbar=2", "rojo=1"]),
        (format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like"), vec!["foo=,bar=3"]),
        ("not a traceparent".to_owned(), vec!["@foo=1"]),
    ] {
        let mut lines = vec![format!("traceparent: {parent}")];
        lines.extend(states.iter().map(|state| format!("tracestate: {state}")));
        let out = hop.send(&lines).await;
        assert_eq!((values(&out, "traceparent"), values(&out, "tracestate")), (parent, states.join("|")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn baggage_is_limited_with_and_without_own_spans_and_counted() {
    let (_sink, traced) = Sink::start(Protocol::HttpProtobuf).await;
    let numbered = |count: usize| (0..count).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join(",");
    for settings in [&TelemetrySettings::default(), &traced] {
        let hop = Hop::start(settings).await;
        let counted = async || {
            let metrics = get(&hop.frontend.admin, "/metrics", &[]).await.body;
            let name = "meshwalk_limit_actions_total{limit=\"baggage\",action=\"reduced\"} ";
            metrics.lines().find_map(|line| line.strip_prefix(name)?.parse().ok()).unwrap_or(0.0)
        };
        let before: f64 = counted().await;
        for (lines, expected) in [
            (vec!["a=1;p , b = 2".to_owned(), "c=3".to_owned()], "a=1;p , b = 2|c=3".to_owned()),
            (vec!["a=1, oops, b=2".to_owned()], "a=1,b=2".to_owned()),
            (vec![numbered(64)], numbered(64)),
            (vec![numbered(65)], numbered(64)),
            (vec![format!("a=1,b={},c=3", "v".repeat(9000))], "a=1,c=3".to_owned()),
        ] {
            let request: Vec<String> = lines.iter().map(|line| format!("baggage: {line}")).collect();
            assert_eq!(values(&hop.send(&request).await, "baggage"), expected);
        }
        assert_eq!(counted().await - before, 2.0, "two requests were above the limits");
    }
}
