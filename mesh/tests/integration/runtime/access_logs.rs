//! A proxy's access log has a line for each request, by which its trace is found, and which says what became of it in
//! Envoy's flags.

use serde_json::Value;

use super::{
    bed::{Bed, eventually},
    requests::{self, HOST},
};

/// A request of the trace of this number, which must be a digit; its status.
async fn send(bed: &Bed, number: u8, host: &str, headers: &[(&str, &str)]) -> u16 {
    let context = format!("00-{}-b7ad6b7169203331-01", trace(number));
    let headers = [&[("traceparent", context.as_str())], headers].concat();
    requests::hello(bed.gateway().await, host, &headers).await.unwrap().0
}

fn trace(number: u8) -> String {
    format!("0af7651916cd43dd8448eb211c80319{number}")
}

/// The lines of a pod's proxy about a trace and a host, as soon as there is one.
async fn lines(bed: &Bed, pod: &str, number: u8, host: &str) -> Vec<Value> {
    let file = bed.pod(pod).await.access_log;
    let about = || {
        let log = std::fs::read_to_string(&file).unwrap_or_default();
        // The last line may be half written.
        let lines = log.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines.filter(|line: &Value| line["trace_id"] == trace(number) && line["authority"] == host).collect::<Vec<_>>()
    };
    eventually(&format!("{pod} has logged trace {number} to {host}"), || async { !about().is_empty() }).await;
    about()
}

/// The one line, as its status and its flags.
async fn flags(bed: &Bed, pod: &str, number: u8, host: &str) -> (u64, String) {
    let lines = lines(bed, pod, number, host).await;
    let [line] = &lines[..] else { panic!("one line of {pod}: {lines:?}") };
    (line["response_code"].as_u64().unwrap(), line["response_flags"].as_str().unwrap().to_owned())
}

fn is(status: u64, flags: &str) -> (u64, String) {
    (status, flags.to_owned())
}

const BACKEND: &str = "backend:8080";

#[tokio::test(flavor = "multi_thread")]
async fn every_proxy_on_the_way_logs_the_trace_and_no_flag_where_all_is_well() {
    let bed = Bed::up(&["istio/routes/all-to-v2.yaml"]).await;
    assert_eq!(send(&bed, 1, HOST, &[("x-request-id", "known")]).await, 200);
    let gateway = bed.status().await.instances[0].name.clone();
    let hops = [(gateway.as_str(), HOST), ("frontend-1", HOST), ("frontend-1", BACKEND), ("backend-v2-1", BACKEND)];
    for (pod, host) in hops {
        assert_eq!(flags(&bed, pod, 1, host).await, is(200, "-"), "{pod} {host}");
        let line = &lines(&bed, pod, 1, host).await[0];
        assert_eq!((&line["method"], &line["path"]), (&"GET".into(), &"/api/hello".into()), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_says_where_and_why_a_request_failed() {
    let bed = Bed::up(&["istio/faults/abort-alice.yaml"]).await;
    let gateway = bed.status().await.instances[0].name.clone();
    let alice = [("x-user", "alice")];

    assert_eq!(send(&bed, 1, "nobody.localhost", &[]).await, 404);
    assert_eq!(flags(&bed, &gateway, 1, "nobody.localhost").await, is(404, "NR"), "no route");

    assert_eq!(send(&bed, 2, HOST, &alice).await, 500);
    assert_eq!(flags(&bed, "frontend-1", 2, BACKEND).await, is(500, "FI"), "an injected abort");
    // The same request on the way in: the flag is where the cause is.
    assert_eq!(flags(&bed, "frontend-1", 2, HOST).await, is(500, "-"));

    bed.apply("istio/faults/delay-alice.yaml").await;
    assert_eq!(send(&bed, 3, HOST, &alice).await, 200);
    assert_eq!(flags(&bed, "frontend-1", 3, BACKEND).await, is(200, "DI"), "an injected delay");

    bed.apply("istio/resilience/retries.yaml").await;
    for pod in ["backend-v1-1", "backend-v1-2"] {
        bed.faults(pod, http::Method::POST, "error=503").await;
    }
    assert_eq!(send(&bed, 4, HOST, &[]).await, 503);
    assert_eq!(flags(&bed, "frontend-1", 4, BACKEND).await, is(503, "URX"), "tried as often as is allowed");
    assert_eq!(lines(&bed, "frontend-1", 4, BACKEND).await[0]["upstream_request_attempt_count"], 3);

    bed.apply("istio/routes/all-to-v2.yaml").await;
    bed.faults("backend-v2-1", http::Method::POST, "reset").await;
    assert_eq!(send(&bed, 5, HOST, &[]).await, 503);
    assert_eq!(flags(&bed, "backend-v2-1", 5, BACKEND).await, is(503, "UC"), "the connection to the app broke");

    bed.faults("backend-v2-1", http::Method::PUT, "refuse").await;
    assert_eq!(send(&bed, 6, HOST, &[]).await, 503);
    let (status, refused) = flags(&bed, "backend-v2-1", 6, BACKEND).await;
    assert!(
        status == 503 && refused.split(',').any(|flag| flag == "UF"),
        "no connection to the app: {status} {refused}"
    );

    bed.client.scale("backend-v2", 0).await.unwrap();
    assert_eq!(send(&bed, 7, HOST, &[]).await, 503);
    assert_eq!(flags(&bed, "frontend-1", 7, BACKEND).await, is(503, "UH"), "nobody to send it to");
}
