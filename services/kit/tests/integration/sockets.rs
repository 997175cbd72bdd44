//! TCP and Unix sockets, HTTP/1.1 and HTTP/2, and where connections come from and go to.

use std::{collections::BTreeSet, net::IpAddr};

use axum::{Router, extract::ConnectInfo, routing::get};
use http::{StatusCode, Version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixStream},
};

use super::{
    client::{Client, hello},
    service::Service,
};

#[tokio::test]
async fn http1_and_http2_are_spoken_on_one_port() {
    let service = Service::start("backend", &[]).await;
    for (client, version) in [(Client::http1(), Version::HTTP_11), (Client::http2(), Version::HTTP_2)] {
        let answer = client.get(&service.address, "/api/hello", &[]).await.unwrap();
        assert_eq!((answer.status, answer.version), (StatusCode::OK, version));
    }
}

#[tokio::test]
async fn all_three_ports_can_be_unix_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("unix:{}/{name}.sock", folder.path().display());
    let flags = [("listen", "app"), ("admin-listen", "admin"), ("control-listen", "control")]
        .map(|(flag, name)| format!("--{flag}={}", at(name)));
    let service = Service::start("backend", &flags.each_ref().map(String::as_str)).await;
    for (name, path) in [("app", "/api/hello"), ("admin", "/readyz"), ("control", "/faults")] {
        let mut stream = UnixStream::connect(folder.path().join(format!("{name}.sock"))).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {answer}");
    }
    service.end().await.unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the sockets' files are gone");
}

/// An upstream that answers with its caller's address and the Host header.
async fn mirror() -> String {
    let app = Router::new().route(
        "/",
        get(async |ConnectInfo(peer): ConnectInfo<std::net::SocketAddr>, headers: http::HeaderMap| {
            let host = headers["host"].to_str().unwrap().to_owned();
            (StatusCode::IM_A_TEAPOT, format!("{} {} {host}", peer.ip(), peer.port()))
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let service = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// What the mirror saw of a call: address, port, host.
async fn seen(frontend: &Service) -> (IpAddr, u16, String) {
    let tree = hello(&frontend.address, &[]).await.json();
    let detail = tree["upstreams"][0]["error"]["detail"].as_str().unwrap().to_owned();
    let mut words = detail.split(": ").nth(1).unwrap().split(' ');
    let mut word = || words.next().unwrap().to_owned();
    (word().parse().unwrap(), word().parse().unwrap(), word())
}

#[tokio::test]
async fn calls_leave_from_the_source_address_and_keep_the_urls_host() {
    let connect = format!("--connect=backend:8080={}", mirror().await);
    let flags = ["--upstream=b=http://backend:8080/", &connect, "--source-address=127.0.0.77"];
    let frontend = Service::start("frontend", &flags).await;
    let (ip, _, host) = seen(&frontend).await;
    assert_eq!((ip.to_string().as_str(), host.as_str()), ("127.0.0.77", "backend:8080"));
}

#[tokio::test]
async fn connections_are_used_again_only_with_keep_alive() {
    for (flag, connections) in [("--upstream-keep-alive=true", 1), ("--upstream-keep-alive=false", 5)] {
        let url = format!("--upstream=b=http://{}/", mirror().await);
        let frontend = Service::start("frontend", &[&url, flag]).await;
        let mut ports = BTreeSet::new();
        for _ in 0..5 {
            ports.insert(seen(&frontend).await.1);
        }
        assert_eq!(ports.len(), connections, "{flag}");
    }
}

#[tokio::test]
async fn new_connections_are_spread_over_equal_targets() {
    let (one, two) = (Service::start("one", &[]).await, Service::start("two", &[]).await);
    let connects = [&one, &two].map(|service| format!("--connect=backend:80={}", service.address));
    let flags = ["--upstream=b=http://backend", "--upstream-keep-alive=false", &connects[0], &connects[1]];
    let frontend = Service::start("frontend", &flags).await;
    let mut services = BTreeSet::new();
    // All of 40 on one side has a probability of 2 in 2^40.
    for _ in 0..40 {
        let tree = hello(&frontend.address, &[]).await.json();
        services.insert(tree["upstreams"][0]["hop"]["service"].as_str().unwrap().to_owned());
    }
    assert_eq!(services.len(), 2);
}
