//! Answers that break off in the middle.

use std::time::Duration;

use http_body_util::BodyExt;
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
async fn a_truncated_answer_declares_more_than_comes_before_the_connection_ends() {
    let service = Service::start("backend", &["--fault=truncate;id=half"]).await;
    let (head, body) = exchange(&service, REQUEST).await;
    assert!(head.starts_with("http/1.1 200 ok") && head.contains("x-meshwalk-fault: half;mode=truncate"), "{head}");
    assert_eq!(body.len(), declared(&head) / 2);
    assert!(body.starts_with(b"{\"service\":\"backend\""));
    assert!(counted(&service, r#"meshwalk_faults_injected_total{rule="half",mode="truncate"} 1"#).await);
    let url = format!("--upstream=inventory=http://{}", service.address);
    let tree = hello(&Service::start("frontend", &[&url]).await.address, &[]).await.json();
    assert_eq!((&tree["status"], &tree["upstreams"][0]["error"]["kind"]), (&json!(502), &json!("reset")));
}

/// How many bytes of an answer come on an HTTP/2 connection, and how it ends where it does not end well.
async fn until_reset(client: &Client, service: &Service, path: &str) -> (usize, Option<String>) {
    let mut body = client.body_of(&service.address, path).await;
    let mut came = 0;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => came += frame.into_data().map_or(0, |data| data.len()),
            Err(reset) => return (came, Some(format!("{reset:?}"))),
        }
    }
    (came, None)
}

#[tokio::test]
async fn a_truncated_answer_of_http2_is_half_of_it_and_a_reset_stream() {
    let service = Service::start("backend", &["--fault=truncate|size=40kB"]).await;
    let (came, error) = until_reset(&Client::http2(), &service, "/api/hello").await;
    assert_eq!(came, 20_000);
    assert!(error.as_ref().is_some_and(|error| error.contains("Reset(StreamId(")), "{error:?}");
}

/// An HTTP/2 connection, frame by frame (RFC 9113 section 4.1).
struct Frames(TcpStream);

const DATA: u8 = 0;
const RST_STREAM: u8 = 3;

/// How much may come of an answer, and on a connection in all, before the reader allows more, in bytes.
const WINDOW: usize = 65_535;

impl Frames {
    /// A connection whose client has sent its preface and empty SETTINGS, so that all windows are 65535 bytes.
    async fn open(service: &Service) -> Self {
        let mut stream = TcpStream::connect(&service.address).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        Self(stream)
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u8, payload: &[u8]) {
        let mut frame = vec![0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream];
        frame.extend_from_slice(payload);
        self.0.write_all(&frame).await.unwrap();
    }

    /// HEADERS with END_STREAM and END_HEADERS: GET, http, and the path as a literal (RFC 7541 section 6.2.2).
    async fn get(&mut self, stream: u8, path: &str) {
        let block = [b"\x82\x86\x04", [path.len() as u8].as_slice(), path.as_bytes()].concat();
        self.send(1, 5, stream, &block).await;
    }

    /// WINDOW_UPDATE, of a stream or with 0 of the connection.
    async fn allow(&mut self, stream: u8, bytes: usize) {
        self.send(8, 0, stream, &u32::try_from(bytes).unwrap().to_be_bytes()).await;
    }

    /// The next frame: its kind, its stream and the length of its payload. `what` is what is waited for.
    async fn next(&mut self, what: &str) -> (u8, u8, usize) {
        let mut head = [0; 9];
        let read = async {
            self.0.read_exact(&mut head).await.unwrap();
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            self.0.read_exact(&mut vec![0; length]).await.unwrap();
            (head[3], head[8], length)
        };
        tokio::time::timeout(DEADLINE, read).await.expect(what)
    }
}

#[tokio::test]
async fn on_a_busy_http2_connection_a_truncated_answer_is_half_of_it_too() {
    let rules = "--fault=truncate;path=/cut\nsize=40kB;path=/cut\nsize=1MiB;path=/busy";
    let service = Service::start("backend", &[rules]).await;
    let mut frames = Frames::open(&service).await;
    let (busy, cut) = (1, 3);
    frames.get(busy, "/busy").await;
    // The busy answer uses up the connection's window, so that both must wait for more.
    let mut left = WINDOW;
    while left > 0 {
        let (kind, _, length) = frames.next("the window is used up").await;
        left -= if kind == DATA { length } else { 0 };
    }
    frames.allow(busy, 2 << 20).await;
    frames.get(cut, "/cut").await;
    let mut came = 0;
    loop {
        let mut left = 1000;
        frames.allow(0, left).await;
        while left > 0 {
            let (kind, stream, length) = frames.next("the two share what is allowed").await;
            if kind == RST_STREAM {
                assert_eq!((stream, came), (cut, 20_000));
                return;
            }
            left -= if kind == DATA { length } else { 0 };
            came += if (kind, stream) == (DATA, cut) { length } else { 0 };
        }
        // Time for who takes the other's bytes for its own to break off too early. Who does not needs none.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
