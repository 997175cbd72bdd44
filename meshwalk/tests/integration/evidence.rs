//! Metrics scraped from many instances, over TCP and over Unix sockets.

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::get};
use meshwalk::{
    evidence::{MetricsDifference, Scrape, ScrapeTarget, Selector},
    traffic::Address,
};
use tokio::net::{TcpListener, UnixListener};

fn platform(workload: &str, address: Address, path: &str) -> ScrapeTarget {
    ScrapeTarget { workload: workload.to_owned(), instance: format!("{workload}-0"), address, path: path.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_answer_are_summed_and_those_that_do_not_are_named() {
    let page = "# TYPE hits_total counter\nhits_total{code=\"200\"} 3\n";
    let app = Router::new()
        .route("/metrics", get(move || async move { page }))
        .route("/broken", get(|| async { "hits_total{" }))
        .route("/starting", get(|| async { StatusCode::SERVICE_UNAVAILABLE }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = Address::Tcp(listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    let socket = UnixListener::bind(&path).unwrap();
    let served = app.clone();
    tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
    tokio::spawn(async move { axum::serve(socket, app).await.unwrap() });

    let nowhere = Address::Unix(folder.path().join("none.sock"));
    let platforms = [
        platform("front", tcp.clone(), "/metrics"),
        platform("back", Address::Unix(path), "/metrics"),
        platform("broken", tcp.clone(), "/broken"),
        platform("starting", tcp, "/starting"),
        platform("gone", nowhere, "/metrics"),
    ];
    let scrape = Scrape::take(&platforms, Duration::from_secs(20)).await;
    assert_eq!(scrape.sum(&Selector::named("hits_total")), 6.0);
    assert_eq!(scrape.sum(&Selector::named("hits_total").of("back")), 3.0);
    let missing: Vec<_> = scrape.missing.iter().map(ToString::to_string).collect();
    assert!(missing[0].contains("broken-0") && missing[0].contains("line 1, column 12"), "{missing:?}");
    assert!(missing[1].contains("status 503"), "{missing:?}");
    assert!(missing[2].contains("none.sock/metrics") && missing[2].contains("refused"), "{missing:?}");

    let difference = MetricsDifference::between(&Scrape::default(), &scrape);
    assert_eq!(difference.sum(&Selector::named("hits_total").with("code", "200")), 6.0);
    assert_eq!(difference.missing.len(), 3);
}
