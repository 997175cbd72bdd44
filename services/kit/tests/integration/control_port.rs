//! The control port under whatever is sent to it.

use std::{fs, io::Write};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::{Answer, Client, hello},
    service::{DEADLINE, Service},
};

async fn send(client: &Client, service: &Service, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
    let url = format!("http://{}{path}", service.control);
    let request = Request::builder().method(method).uri(url).body(Full::new(body.into())).unwrap();
    tokio::time::timeout(DEADLINE, client.send(request)).await.expect("the control port answers").unwrap()
}

#[tokio::test]
async fn the_token_of_the_flag_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::File::create(&path).unwrap().write_all(b"s3cret\n").unwrap();
    let flag = format!("--control-token-file={}", path.display());
    let service = Service::start("backend", &[&flag]).await;
    let client = Client::http1();
    let answer = client.get(&service.control, "/faults", &[]).await.unwrap();
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.header("www-authenticate").starts_with("Bearer "));
    let answer = client.get(&service.control, "/faults", &[("authorization", "Bearer s3cret")]).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(hello(&service.address, &[]).await.status, StatusCode::OK, "the application asks for nothing");
}

#[tokio::test]
async fn thousands_of_rules_and_huge_ones_are_refused_as_a_whole() {
    let service = Service::start("backend", &[]).await;
    let client = Client::http1();
    for (rules, status, message) in [
        ("latency=0s\n".repeat(5000), 400, "5000 rules would be active, and the limit is 256"),
        (format!("error=503;path=/{}", "a".repeat(3000)), 400, "at most 2048 are allowed"),
        ("x".repeat(64 * 1024), 400, "unknown mode"),
        ("x".repeat(64 * 1024 + 1), 413, "longer than 65536 bytes"),
        ("error=503|".repeat(6000), 400, ""),
        (";".repeat(60_000), 400, ""),
        ("\"".repeat(60_000), 400, ""),
    ] {
        let answer = send(&client, &service, Method::POST, "/faults", rules).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert!(answer.body.contains(message) && answer.body.len() < 1000, "{}", answer.body);
    }
    assert!(service.faults.list().is_empty());
    let flags = ["--fault-max-rules=3000"];
    let service = Service::start("backend", &flags).await;
    let rules: String = (0..3000).map(|number| format!("error=503;path=/{number}\n")).collect();
    assert_eq!(send(&client, &service, Method::POST, "/faults", rules).await.status, StatusCode::OK);
    assert_eq!(hello(&service.address, &[]).await.status, StatusCode::OK);
    assert_eq!(service.faults.list().len(), 3000);
}

/// Text that is often nearly a rule. No mode in it ends the process or takes much of the host.
fn nearly_rules(random: &mut StdRng) -> Vec<u8> {
    const PARTS: [&str; 24] = [
        "error", "latency", "hang", "reset", "unready", "not-live", "=", "503", "500:5", "1ms", "@", "30%", "101%",
        ";", "path=/x", "ttl=1s", "id=a", "seed=7", "|", "\n", "\"", "\\", "\u{e9}", " ",
    ];
    let mut text = Vec::new();
    for _ in 0..random.random_range(0..30) {
        match random.random_range(0..20) {
            0 => text.extend((0..random.random_range(0..8)).map(|_| random.random::<u8>())),
            _ => text.extend(PARTS[random.random_range(0..PARTS.len())].bytes()),
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_come_and_go_at_random_while_requests_are_answered() {
    let service = Service::start("backend", &["--fault-max-hang=50ms"]).await;
    let changes = async |seed: u64| {
        let (client, mut random) = (Client::http1(), StdRng::seed_from_u64(seed));
        for round in 0..150 {
            let text = nearly_rules(&mut random);
            let (method, path) = match random.random_range(0..6) {
                0 => (Method::DELETE, "/faults".to_owned()),
                1 => (Method::DELETE, format!("/faults/r{}", random.random_range(1..200))),
                2 => (Method::GET, "/faults".to_owned()),
                3 => (Method::PUT, "/faults".to_owned()),
                _ => (Method::POST, "/faults".to_owned()),
            };
            let answer = send(&client, &service, method.clone(), &path, text.clone()).await;
            let expected = [200, 400, 404, 409];
            let shown = String::from_utf8_lossy(&text);
            assert!(expected.contains(&answer.status.as_u16()), "{seed} {round} {method} {shown:?}: {answer:?}");
        }
    };
    let requests = async |user: &'static str| {
        let client = Client::http1();
        for _ in 0..200 {
            // Resets and hangs are not answers, and what is left of a connection is the client's to find out.
            let headers = [("x-user", user)];
            let asked = client.get(&service.address, "/api/hello", &headers);
            if let Ok(answer) = tokio::time::timeout(DEADLINE, asked).await.expect("every request ends") {
                let injected = !answer.header("x-meshwalk-fault").is_empty();
                assert!(answer.status == StatusCode::OK || injected, "{answer:?}");
            }
        }
    };
    tokio::join!(changes(1), changes(2), changes(3), requests("alice"), requests("bob"));
    let client = Client::http1();
    assert_eq!(send(&client, &service, Method::DELETE, "/faults", "").await.status, StatusCode::OK);
    let answer = hello(&service.address, &[]).await;
    assert_eq!((answer.status, answer.header("x-meshwalk-fault")), (StatusCode::OK, ""));
    for path in ["/livez", "/readyz"] {
        assert_eq!(client.get(&service.admin, path, &[]).await.unwrap().status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_http_at_all_ends_its_connection_only() {
    let service = Service::start("backend", &["--header-read-timeout=1s"]).await;
    let mut random = StdRng::seed_from_u64(5);
    for _ in 0..30 {
        let mut stream = TcpStream::connect(&service.control).await.unwrap();
        let mut garbage = vec![0; random.random_range(1..2000)];
        random.fill_bytes(&mut garbage);
        // The other side may have closed it before all is sent.
        let _ = stream.write_all(&garbage).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    }
    assert_eq!(Client::http1().get(&service.control, "/faults", &[]).await.unwrap().status, StatusCode::OK);
    assert!(service.faults.list().is_empty());
}
