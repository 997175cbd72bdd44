//! Requests that get no answer.

use std::{io::ErrorKind, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

use super::{REQUEST, counted};
use crate::{
    client::{Client, hello},
    service::{DEADLINE, Service},
};

#[tokio::test]
async fn a_reset_is_a_reset_of_the_connection_before_a_byte() {
    let service = Service::start("backend", &["--fault=reset;id=reset-tcp"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    let end = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(answer.is_empty(), "{answer:?}");
    assert!(counted(&service, r#"meshwalk_faults_injected_total{rule="reset-tcp",mode="reset"} 1"#).await);
}

#[tokio::test]
async fn on_a_unix_socket_a_reset_closes_the_connection_before_a_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let listen = format!("--listen=unix:{}", path.display());
    let service = Service::start("backend", &[&listen, "--fault=reset;id=reset-unix"]).await;
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    let end = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    assert!(end.is_ok_and(|bytes| bytes == 0), "{answer:?}");
    assert!(counted(&service, r#"meshwalk_faults_injected_total{rule="reset-unix",mode="reset"} 1"#).await);
}

#[tokio::test]
async fn of_an_http2_connection_the_stream_alone_is_reset() {
    let service = Service::start("backend", &["--fault=reset;header=x-cut:*"]).await;
    let client = Client::http2();
    let (address, hurt) = (service.address.as_str(), [("x-cut", "yes")]);
    let (whole, cut, after) = tokio::join!(
        client.get(address, "/api/hello", &[]),
        client.get(address, "/api/hello", &hurt),
        client.get(address, "/api/hello", &[])
    );
    assert_eq!((whole.unwrap().status.as_u16(), after.unwrap().status.as_u16()), (200, 200));
    let error = cut.unwrap_err();
    assert!(error.contains("Reset(StreamId(") && error.contains("INTERNAL_ERROR, Remote"), "{error}");
}

#[tokio::test]
async fn a_hang_answers_nothing_until_its_rule_is_removed() {
    let service = Service::start("backend", &["--fault=hang;id=hang-tcp"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let answered = tokio::time::timeout(Duration::from_millis(200), stream.read_u8()).await;
    assert!(answered.is_err(), "{answered:?}");
    assert!(counted(&service, r#"meshwalk_faults_injected_total{rule="hang-tcp",mode="hang"} 1"#).await);
    service.faults.clear();
    let mut head = [0; 15];
    tokio::time::timeout(DEADLINE, stream.read_exact(&mut head)).await.expect("the request goes on").unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    assert_eq!(hello(&service.address, &[]).await.header("x-meshwalk-fault"), "");
}
