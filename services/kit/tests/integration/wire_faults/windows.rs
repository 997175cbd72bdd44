//! When, how often, where and on which side of the work a fault comes.

use std::time::Duration;

use meshwalk_kit::faults::Origin;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, sync::mpsc, time::Instant};

use crate::{
    client::{get, hello},
    service::{DEADLINE, Service},
};

async fn rule(service: &Service) -> Value {
    get(&service.control, "/faults", &[]).await.json()["rules"][0].clone()
}

/// An upstream that tells of each call.
async fn upstream() -> (String, mpsc::UnboundedReceiver<()>) {
    let (called, calls) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            called.send(()).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
            // The request has to be read, or the close would be a reset.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    });
    (address, calls)
}

#[tokio::test]
async fn a_delay_comes_before_the_calls_to_upstreams_or_after_them() {
    for (at, called_first) in [("before", false), ("after", true)] {
        let (address, mut calls) = upstream().await;
        let url = format!("--upstream=inventory=http://{address}/");
        let fault = format!("--fault=latency=50s;at={at};id=slow-{at}");
        let service = Service::start("backend", &[&url, &fault]).await;
        let asked = tokio::spawn({
            let address = service.address.clone();
            async move { hello(&address, &[]).await }
        });
        if called_first {
            tokio::time::timeout(DEADLINE, calls.recv()).await.expect("the upstream is called").unwrap();
        } else {
            let deadline = Instant::now() + DEADLINE;
            while rule(&service).await["fired"] != 1 {
                assert!(Instant::now() < deadline, "the delay never begins");
            }
            assert!(calls.try_recv().is_err(), "the upstream was called before the delay");
        }
        assert!(!asked.is_finished());
        service.faults.clear();
        let answer = tokio::time::timeout(DEADLINE, asked).await.expect("the delay ends with its rule").unwrap();
        assert_eq!(answer.status, 200);
        let told = answer.header("x-meshwalk-fault");
        let expected =
            if called_first { "slow-after;mode=latency;at=after;" } else { "slow-before;mode=latency;delay" };
        assert!(told.starts_with(expected), "{told}");
    }
}

#[tokio::test]
async fn a_request_may_ask_for_a_delay_after_the_work() {
    let service = Service::start("backend", &["--allow-inject"]).await;
    let answer = hello(&service.address, &[("x-meshwalk-inject", "latency=2ms;at=after;id=mine")]).await;
    assert_eq!(answer.header("x-meshwalk-fault"), "mine;mode=latency;at=after;delay_ms=2");
}

#[tokio::test]
async fn a_rule_fires_so_often_and_stays_in_the_list() {
    let service = Service::start("backend", &["--fault=error=503;times=2;id=twice"]).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(hello(&service.address, &[]).await.status.as_u16());
    }
    assert_eq!(seen, [503, 503, 200, 200]);
    let state = rule(&service).await;
    assert_eq!((&state["matched"], &state["fired"], &state["times_left"]), (&json!(4), &json!(2), &json!(0)));
}

#[tokio::test]
async fn a_rule_begins_after_its_time() {
    let service = Service::start("backend", &["--fault=error=503;after=1h;id=late"]).await;
    assert_eq!(hello(&service.address, &[]).await.status, 200);
    let state = rule(&service).await;
    assert!(state["begins_in_ms"].as_u64().is_some_and(|left| left > 3_000_000 && left <= 3_600_000), "{state}");
    assert_eq!(state["matched"], 0);
    service.faults.replace("error=503;after=20ms", Origin::Control).unwrap();
    let deadline = Instant::now() + DEADLINE;
    while hello(&service.address, &[]).await.status != 503 {
        assert!(Instant::now() < deadline, "the rule never begins");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(rule(&service).await.get("begins_in_ms"), None);
}

#[tokio::test]
async fn one_rule_for_all_replicas_makes_one_of_them_sick() {
    const FAULT: &str = "--fault=error=503;instance=backend-v1-*;id=one";
    for (pod, status, here) in [("backend-v1-1", 503, true), ("backend-v2-1", 200, false)] {
        let name = format!("--pod-name={pod}");
        let service = Service::start("backend", &[&name, FAULT]).await;
        assert_eq!(hello(&service.address, &[]).await.status, status, "{pod}");
        assert_eq!(rule(&service).await["here"], here, "{pod}");
        service.faults.replace("unready;instance=backend-v1-?", Origin::Control).unwrap();
        assert_eq!(get(&service.admin, "/readyz", &[]).await.status == 503, here, "{pod}");
    }
}

#[tokio::test]
async fn a_drawn_delay_is_told_as_it_was() {
    for (number, distribution) in
        ["uniform(1ms,2ms)", "normal(2ms,1ms)", "lognormal(1ms,0.5)", "quantiles(p50:1ms,p100:3ms)"].iter().enumerate()
    {
        let fault = format!("--fault=latency={distribution};id=drawn-{number}");
        let service = Service::start("backend", &[&fault]).await;
        let asked = Instant::now();
        let answer = hello(&service.address, &[]).await;
        let told = answer.header("x-meshwalk-fault");
        let delay = told.strip_prefix(&format!("drawn-{number};mode=latency;delay_ms=")).expect(told);
        // The header has three digits after the point.
        let delay: f64 = delay.parse::<f64>().unwrap() - 0.001;
        assert!(asked.elapsed().as_secs_f64() * 1000.0 >= delay, "{told} and {:?}", asked.elapsed());
    }
}
