//! Answers that come in a wrong shape, byte by byte.

use std::time::{Duration, Instant};

use meshwalk_kit::faults::Origin;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{REQUEST, counted, declared, exchange};
use crate::{
    client::{Client, hello},
    service::{DEADLINE, Service},
};

#[tokio::test]
async fn an_answer_has_the_size_that_was_asked_for_and_stays_a_call_tree() {
    let service = Service::start("backend", &["--fault=size=100kB;id=big"]).await;
    for client in [Client::http1(), Client::http2()] {
        let answer = client.get(&service.address, "/api/hello", &[]).await.unwrap();
        assert_eq!((answer.body.len(), answer.header("content-length")), (100_000, "100000"));
        assert_eq!(answer.json()["faults"], json!([{"id": "big", "mode": "size", "bytes": 100_000}]));
        assert_eq!(answer.header("x-meshwalk-fault"), "big;mode=size;bytes=100000");
    }
    assert!(counted(&service, r#"meshwalk_faults_injected_total{rule="big",mode="size"} 2"#).await);
}

#[tokio::test]
async fn a_corrupt_answer_has_its_length_and_is_no_json() {
    let service = Service::start("backend", &["--fault=corrupt;id=rotten"]).await;
    let request = b"GET /api/hello HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n";
    let (head, body) = exchange(&service, request).await;
    assert_eq!(declared(&head), body.len());
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
    assert!(head.contains("x-meshwalk-fault: rotten;mode=corrupt\r\n"), "{head}");
    let url = format!("--upstream=inventory=http://{}", service.address);
    let tree = hello(&Service::start("frontend", &[&url]).await.address, &[]).await.json();
    assert_eq!((&tree["status"], &tree["upstreams"][0]["hop"]), (&json!(200), &json!(null)));
}

#[tokio::test]
async fn a_body_drips_after_its_head_until_the_rule_is_removed() {
    let service = Service::start("backend", &["--fault=drip=20B/s;id=leaky"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    let asked = Instant::now();
    stream.write_all(REQUEST).await.unwrap();
    let mut came = Vec::new();
    let body_began = |came: &[u8]| came.windows(5).any(|bytes| bytes == b"\r\n\r\n{");
    while !body_began(&came) {
        stream.read_buf(&mut came).await.unwrap();
    }
    let head = String::from_utf8_lossy(&came).to_ascii_lowercase();
    let whole = head.find("\r\n\r\n").unwrap() + 4 + declared(&head);
    assert!(head.contains("x-meshwalk-fault: leaky;mode=drip;bytes_per_s=20\r\n"), "{head}");
    // A body of some 300 bytes takes 15 s; a second of it must not be all.
    while asked.elapsed() < Duration::from_secs(1) {
        let _ = tokio::time::timeout(Duration::from_millis(100), stream.read_buf(&mut came)).await;
    }
    assert!(came.len() < whole, "all of {whole} bytes came at once");
    service.faults.clear();
    while came.len() < whole {
        tokio::time::timeout(DEADLINE, stream.read_buf(&mut came)).await.expect("the rest comes").unwrap();
    }
}

#[tokio::test]
async fn a_connection_is_closed_after_the_answer() {
    let service = Service::start("backend", &["--fault=close;id=last"]).await;
    let (head, body) = exchange(&service, REQUEST).await;
    assert!(head.contains("connection: close\r\n") && head.contains("x-meshwalk-fault: last;mode=close"), "{head}");
    assert_eq!(declared(&head), body.len());
}

#[tokio::test]
async fn on_http2_a_connection_that_is_to_be_closed_says_goaway_and_the_next_request_comes_on_another() {
    let service = Service::start("backend", &["--fault=close;header=x-last:*"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    // The preface, empty SETTINGS, and HEADERS for GET / with END_STREAM and END_HEADERS: indexed fields 2, 6 and 4 of the
    // static table, and x-last: 1 (RFC 9113 section 3.4, RFC 7541 appendix A and section 6.2.2).
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let block = b"\x82\x86\x84\x00\x06x-last\x011";
    let mut headers = vec![0, 0, block.len() as u8, 1, 5, 0, 0, 0, 1];
    headers.extend_from_slice(block);
    stream.write_all(&headers).await.unwrap();
    let mut kinds = Vec::new();
    let goaway = async {
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
            stream.read_exact(&mut payload).await.unwrap();
            kinds.push(head[3]);
            if head[3] == 7 {
                return payload[4..8].to_vec();
            }
        }
    };
    let code = tokio::time::timeout(DEADLINE, goaway).await.expect("GOAWAY comes");
    assert_eq!(code, [0; 4], "NO_ERROR");
    let client = Client::http2();
    for _ in 0..2 {
        let answer = client.get(&service.address, "/api/hello", &[("x-last", "1")]).await.unwrap();
        assert_eq!(answer.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn shapes_stack_in_a_fixed_order_whatever_the_order_of_the_rules() {
    let service = Service::start("backend", &[]).await;
    let rules =
        "close;id=e|drip=1MB/s;id=d|truncate;id=c|corrupt;id=b|size=10kB;id=a|size=20kB;id=late|error=503;id=sick";
    service.faults.add(rules, Origin::Control).unwrap();
    let (head, body) = exchange(&service, REQUEST).await;
    assert!(head.starts_with("http/1.1 503 "), "{head}");
    let fault = head.lines().find_map(|line| line.strip_prefix("x-meshwalk-fault: ")).unwrap();
    let ids: Vec<&str> = fault.split(", ").map(|fault| fault.split(';').next().unwrap()).collect();
    assert_eq!(ids, ["sick", "a", "b", "c", "d", "e"]);
    assert_eq!((declared(&head), body.len()), (10_000, 5_000));
    assert!(head.contains("connection: close"), "{head}");
    let late = service.faults.list().into_iter().find(|state| state.id == "late").unwrap();
    assert_eq!((late.matched, late.fired), (1, 0));
}
