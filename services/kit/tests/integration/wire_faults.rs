//! Faults as a client sees them on the wire, and what the ground truth says of them.

mod calls;
mod history;
mod no_answer;
mod refuse;
mod shapes;
mod truncation;
mod windows;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::get,
    service::{DEADLINE, Service},
};

/// A request for the call tree, on a connection that it leaves open.
const REQUEST: &[u8] = b"GET /api/hello HTTP/1.1\r\nhost: backend\r\n\r\n";

/// Whether the admin port counts what a line says.
async fn counted(service: &Service, line: &str) -> bool {
    get(&service.admin, "/metrics", &[]).await.body.lines().any(|counter| counter == line)
}

/// Everything that comes for one request until the connection ends, as head and body.
async fn exchange(service: &Service, request: &[u8]) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut all = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut all)).await.expect("the connection ends").unwrap();
    let split = all.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a whole head") + 4;
    let body = all.split_off(split);
    (String::from_utf8(all).unwrap().to_ascii_lowercase(), body)
}

/// The length that a head declares its body to have.
fn declared(head: &str) -> usize {
    head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap()
}
