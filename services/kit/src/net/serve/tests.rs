//! Connections that are on their way to a port when it closes.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    time::Duration,
};

use axum::{Router, routing::get};
use tokio::time::Instant;

use super::*;
use crate::{config::Address, limits::Limit, net::Capacity};

const HOUR: Duration = Duration::from_secs(3600);

/// A server whose task has not run yet, and will not before the test awaits something.
async fn server(address: &str, connections: usize) -> (Server, Address) {
    let listener = Listener::bind(&address.parse().unwrap()).await.unwrap();
    let address = listener.address().clone();
    let settings = PortSettings {
        max_header_bytes: 65_536,
        timeouts: Timeouts { head: HOUR, idle: HOUR, send: HOUR },
        identity_headers: HeaderMap::new(),
    };
    let table = ConnTable::new(Capacity { connections, passing: 1, limit: Limit::MAX_CONNECTIONS });
    let router = Router::new().route("/", get(async || "hello"));
    (Server::start(listener, router.into(), settings, table, PortGate::always_open()), address)
}

/// Connections with a request each.
fn clients<S: Write>(count: usize, connect: impl Fn() -> S) -> Vec<S> {
    let client = |_| {
        let mut stream = connect();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: b\r\n\r\n").unwrap();
        stream
    };
    (0..count).map(client).collect()
}

/// Status of each response. The server has ended, so nothing blocks.
fn statuses(clients: Vec<impl Read>) -> Vec<String> {
    let status = |stream: &mut dyn Read| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the connection is not reset");
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    clients.into_iter().map(|mut stream| status(&mut stream)).collect()
}

#[tokio::test]
async fn tcp_backlog_is_answered_when_the_port_closes() {
    let (server, address) = server("127.0.0.1:0", 50).await;
    let clients = clients(50, || TcpStream::connect(address.to_string()).unwrap());
    assert_eq!(server.drain(Instant::now() + HOUR).await, 0);
    assert!(statuses(clients).iter().all(|status| status == "200"));
}

#[tokio::test]
async fn unix_backlog_is_answered_when_the_port_closes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let (server, _) = server(&format!("unix:{}", path.display()), 50).await;
    let clients = clients(50, || UnixStream::connect(&path).unwrap());
    assert_eq!(server.drain(Instant::now() + HOUR).await, 0);
    assert!(statuses(clients).iter().all(|status| status == "200"));
    assert!(!path.exists(), "the socket's file is removed");
}

#[tokio::test]
async fn backlog_of_a_full_port_is_answered_when_the_port_closes() {
    let (server, address) = server("127.0.0.1:0", 1).await;
    let clients = clients(10, || TcpStream::connect(address.to_string()).unwrap());
    assert_eq!(server.drain(Instant::now() + HOUR).await, 0);
    let statuses = statuses(clients);
    assert!(statuses.iter().all(|status| ["200", "503"].contains(&status.as_str())), "{statuses:?}");
}
