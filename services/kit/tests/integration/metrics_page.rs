//! The metrics page: its formats, its coding, and what it says of requests and of the process.

mod open_metrics;

use std::io::Read;

use flate2::read::GzDecoder;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client as Pool, rt::TokioExecutor};

use super::{
    client::{Client, get, hello},
    service::Service,
};
use open_metrics::{Sample, parse};

const OPEN_METRICS: (&str, &str) = (
    "accept",
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
     text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn labels(sample: &Sample, expected: &[(&str, &str)]) -> bool {
    expected.iter().all(|(name, value)| sample.labels.get(*name).is_some_and(|found| found == value))
}

#[tokio::test]
async fn page_is_openmetrics_for_a_client_that_asks_for_it() {
    let inventory = Service::start("inventory", &[]).await;
    let upstream = format!("--upstream=inventory=http://{}/livez", inventory.admin);
    let service = Service::start("backend", &[&upstream, "--fault=latency=1us;id=page"]).await;
    hello(&service.address, &[]).await;
    let answer = get(&service.admin, "/metrics", &[OPEN_METRICS]).await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(answer.header("vary"), "accept, accept-encoding");
    let samples = parse(&answer.body).unwrap_or_else(|error| panic!("{error}\n{}", answer.body));
    for name in [
        "http_client_request_duration_seconds_bucket",
        "http_server_active_requests",
        "http_server_request_duration_seconds_count",
        "meshwalk_build_info",
        "meshwalk_faults_injected_total",
        "meshwalk_unique_requests_total",
    ] {
        assert!(samples.iter().any(|sample| sample.name == name), "{name} is not in\n{}", answer.body);
    }
    assert!(answer.body.contains("\n# TYPE meshwalk_build info\n"), "{}", answer.body);
    assert!(answer.body.contains("\n# UNIT process_cpu_seconds seconds\n"), "{}", answer.body);
}

#[tokio::test]
async fn page_is_text_without_exemplars_for_other_clients() {
    let service = Service::start("backend", &[]).await;
    hello(&service.address, &[("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"))]).await;
    for accept in ["*/*", "text/plain", "application/openmetrics-text;q=0.1,text/plain"] {
        let answer = get(&service.admin, "/metrics", &[("accept", accept)]).await;
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert!(answer.body.contains("\n# TYPE meshwalk_unique_requests_total counter\n"), "{}", answer.body);
        assert!(answer.body.contains("\n# TYPE meshwalk_build_info gauge\n"), "{}", answer.body);
        for part in ["# EOF", "# UNIT", "trace_id"] {
            assert!(!answer.body.contains(part), "{part} is in\n{}", answer.body);
        }
    }
}

#[tokio::test]
async fn bucket_has_the_trace_of_a_sampled_request_as_exemplar() {
    let service = Service::start("backend", &[]).await;
    let unsampled = "0af7651916cd43dd8448eb211c80319c";
    for (method, trace, flags) in [("OPTIONS", TRACE, "01"), ("TRACE", unsampled, "00")] {
        let request = Request::builder().method(method).uri(format!("http://{}/api/hello", service.address));
        let request = request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-{flags}"));
        assert_eq!(Client::http1().send(request.body(Full::default()).unwrap()).await.unwrap().status, StatusCode::OK);
    }
    let samples = parse(&get(&service.admin, "/metrics", &[OPEN_METRICS]).await.body).unwrap();
    let exemplars = |method| {
        let buckets = samples.iter().filter(|sample| sample.name == "http_server_request_duration_seconds_bucket");
        let of_method = buckets.filter(|sample| labels(sample, &[("http_request_method", method)]));
        of_method.filter_map(|sample| sample.exemplar.as_ref()).map(|exemplar| &exemplar.labels).collect::<Vec<_>>()
    };
    // No other test of this process sends these methods.
    assert_eq!(exemplars("OPTIONS").len(), 1);
    assert_eq!(exemplars("OPTIONS")[0]["trace_id"], TRACE);
    assert!(exemplars("TRACE").is_empty(), "a trace that is not sampled cannot be looked up");
}

#[tokio::test]
async fn page_is_compressed_for_a_client_that_accepts_gzip() {
    let service = Service::start("backend", &[]).await;
    hello(&service.address, &[]).await;
    let fetch = async |accept: &str| {
        let request = Request::get(format!("http://{}/metrics", service.admin)).header("accept-encoding", accept);
        let pool: Pool<_, Full<bytes::Bytes>> = Pool::builder(TokioExecutor::new()).build_http();
        let response = pool.request(request.body(Full::default()).unwrap()).await.unwrap();
        let coding = response.headers().get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned());
        (coding, response.into_body().collect().await.unwrap().to_bytes())
    };
    let (coding, plain) = fetch("gzip;q=0").await;
    assert_eq!(coding, None);
    let (coding, compressed) = fetch("gzip").await;
    assert_eq!(coding.as_deref(), Some("gzip"));
    assert!(compressed.len() * 3 < plain.len(), "{} of {} bytes", compressed.len(), plain.len());
    let mut text = String::new();
    GzDecoder::new(&compressed[..]).read_to_string(&mut text).unwrap();
    assert!(text.contains("\nmeshwalk_build_info{"), "{text}");
}

#[tokio::test]
async fn server_metrics_have_the_scheme_and_the_protocol_version() {
    let service = Service::start("backend", &[]).await;
    let proto = [("x-forwarded-proto", "https")];
    for client in [Client::http1(), Client::http2()] {
        assert_eq!(client.get(&service.address, "/api/echo", &proto).await.unwrap().status, StatusCode::OK);
    }
    let samples = parse(&get(&service.admin, "/metrics", &[OPEN_METRICS]).await.body).unwrap();
    for version in ["1.1", "2"] {
        let expected = [
            ("http_request_method", "GET"),
            ("http_route", "/api/echo"),
            ("http_response_status_code", "200"),
            ("url_scheme", "https"),
            ("network_protocol_version", version),
        ];
        let found = samples.iter().any(|sample| {
            sample.name == "http_server_request_duration_seconds_count"
                && labels(sample, &expected)
                && sample.value > 0.0
        });
        assert!(found, "{version}: {samples:#?}");
    }
    let active =
        |sample: &&Sample| sample.name == "http_server_active_requests" && labels(sample, &[("url_scheme", "https")]);
    let active = samples.iter().find(active).expect("requests in flight by scheme");
    assert_eq!(active.labels.len(), 2, "the conventions know no version of a request in flight: {active:?}");
}

#[tokio::test]
async fn process_metrics_have_the_names_of_prometheus_client_libraries() {
    let service = Service::start("backend", &[]).await;
    let samples = parse(&get(&service.admin, "/metrics", &[OPEN_METRICS]).await.body).unwrap();
    let value = |name: &str| {
        let sample = samples.iter().find(|sample| sample.name == name);
        sample.unwrap_or_else(|| panic!("{name} is missing")).value
    };
    assert!(value("process_cpu_seconds_total") > 0.0);
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
    assert!(value("process_open_fds") >= 3.0 && value("process_open_fds") <= value("process_max_fds"));
    assert!(value("process_threads") >= 1.0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let age = now - value("process_start_time_seconds");
    assert!((-2.0..3600.0).contains(&age), "started {age} s ago");
}
