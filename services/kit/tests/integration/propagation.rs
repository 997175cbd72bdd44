//! Trace headers over the wire, through two services, with and without own spans.

use meshwalk_kit::telemetry::{Protocol, TelemetrySettings};
use serde_json::{Value, json};

use super::{client::hello, service::Service, sink::Sink};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// What the first and the second service say about a trace.
async fn traces(settings: &TelemetrySettings, headers: &[(&str, &str)]) -> [Value; 2] {
    let backend = Service::traced("backend", &[], settings).await;
    let url = format!("--upstream=backend=http://{}", backend.address);
    let frontend = Service::traced("frontend", &[&url], settings).await;
    let mut tree = hello(&frontend.address, headers).await.json();
    [tree["trace"].take(), tree["upstreams"][0]["hop"]["trace"].take()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_family_arrives_at_the_second_hop_with_or_without_own_spans() {
    let (_sink, traced) = Sink::start(Protocol::HttpProtobuf).await;
    let multi = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
    let (w3c, b3) = (format!("00-{TRACE}-{SPAN}-01"), format!("{TRACE}-{SPAN}-1"));
    for (family, headers) in
        [("w3c", vec![("traceparent", w3c.as_str())]), ("b3", vec![("b3", b3.as_str())]), ("b3multi", multi.to_vec())]
    {
        for settings in [&TelemetrySettings::default(), &traced] {
            let [first, second] = traces(settings, &headers).await;
            assert_eq!(first, json!({"id": TRACE, "sampled": true, "families": [family], "agree": true}));
            assert_eq!((&second["id"], &second["agree"]), (&json!(TRACE), &json!(true)), "{second}");
            let families = second["families"].as_array().unwrap();
            assert!(families.contains(&json!(family)), "{second}");
            // With own spans, W3C comes in addition; without, nothing is added.
            assert_eq!(families.contains(&json!("w3c")), family == "w3c" || settings.collector.is_some());
        }
    }
}

#[tokio::test]
async fn a_hop_says_that_the_families_differ() {
    let w3c = format!("00-{TRACE}-{SPAN}-01");
    let other = format!("{}-{SPAN}-1", TRACE.replace('0', "1"));
    let [first, second] = traces(&TelemetrySettings::default(), &[("traceparent", &w3c), ("b3", &other)]).await;
    for hop in [first, second] {
        assert_eq!(hop, json!({"id": TRACE, "sampled": true, "families": ["w3c", "b3"], "agree": false}));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_trace_id_and_a_deny_reach_the_second_hop() {
    let (_sink, traced) = Sink::start(Protocol::Grpc).await;
    for settings in [&TelemetrySettings::default(), &traced] {
        let [_, second] = traces(settings, &[("b3", &format!("{SPAN}-{SPAN}-0"))]).await;
        assert_eq!(second["id"], format!("0000000000000000{SPAN}"));
        assert_eq!((&second["sampled"], &second["agree"]), (&json!(false), &json!(true)));
    }
}

#[tokio::test]
async fn only_the_headers_of_the_list_reach_the_second_hop() {
    // The second hop answers 503 to those who bring the header, so what has arrived can be seen from outside.
    let arrived = async |header: (&str, &str), flags: &[&str]| {
        let fault = format!("--fault=error=503;header={}:*", header.0);
        let backend = Service::start("backend", &[&fault]).await;
        let url = format!("--upstream=backend=http://{}", backend.address);
        let frontend = Service::start("frontend", &[&[url.as_str()], flags].concat()).await;
        hello(&frontend.address, &[header]).await.status.as_u16() == 503
    };
    for header in ["x-canary", "cookie", "authorization"] {
        assert!(!arrived((header, "yes"), &[]).await, "{header} unasked for");
        assert!(arrived((header, "yes"), &[&format!("--forward-header={header}")]).await, "{header} asked for");
    }
    for header in ["x-request-id", "baggage", "tracestate"] {
        assert!(arrived((header, "a=1"), &[]).await, "{header} always");
    }
    assert!(!arrived(("x-forwarded-client-cert", "URI=spiffe://a"), &[]).await);
}
