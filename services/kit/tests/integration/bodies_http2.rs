//! Bodies of requests over HTTP/2, frame by frame: a client library does not send broken ones.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    draining::until,
    service::{DEADLINE, Service, metric},
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// An HTTP/2 connection (RFC 9113) on which a test writes frames of its own.
struct Frames(TcpStream);

impl Frames {
    async fn connect(address: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut frames = Self(stream);
        frames.send(SETTINGS, 0, 0, &[]).await;
        frames
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.write_all(&frame).await.unwrap();
    }

    /// Sends the head of a request for the call tree, with literal fields (RFC 7541 section 6.2.2).
    async fn head(&mut self, flags: u8, stream: u32, method: &str, more: &[(&str, &str)]) {
        let mut block = Vec::new();
        let fixed = [(":method", method), (":scheme", "http"), (":path", "/api/hello"), (":authority", "b")];
        for (name, value) in fixed.iter().chain(more) {
            block.push(0);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).unwrap());
                block.extend(text.as_bytes());
            }
        }
        self.send(HEADERS, END_HEADERS | flags, stream, &block).await;
    }

    /// The payload of the next frame of a kind on a stream.
    async fn receive(&mut self, kind: u8, stream: u32) -> Vec<u8> {
        let next = async {
            loop {
                let mut head = [0; 9];
                self.0.read_exact(&mut head).await.unwrap();
                let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
                self.0.read_exact(&mut payload).await.unwrap();
                assert_ne!(head[3], GOAWAY, "the connection ends: {payload:?}");
                if head[3] == kind && u32::from_be_bytes([head[5], head[6], head[7], head[8]]) == stream {
                    return payload;
                }
            }
        };
        tokio::time::timeout(DEADLINE, next).await.expect("a frame")
    }
}

#[tokio::test]
async fn reset_stream_in_mid_body_is_cancelled_and_others_go_on() {
    let service = Service::start("backend", &[]).await;
    let mut frames = Frames::connect(&service.address).await;
    frames.head(0, 1, "TRACE", &[("content-length", "100")]).await;
    frames.send(DATA, 0, 1, b"abc").await;
    let of_request = "http_request_method=\"TRACE\"";
    until("the request is active", async || metric(&service, &["http_server_active_requests", of_request]).await > 0.0)
        .await;
    let cancel = 8_u32.to_be_bytes();
    frames.send(RST_STREAM, 0, 1, &cancel).await;
    let counted = ["duration_seconds_count", of_request, "error_type=\"cancelled\""];
    until("the request is cancelled", async || metric(&service, &counted).await > 0.0).await;
    assert_eq!(metric(&service, &["duration_seconds_count", of_request, "status_code"]).await, 0.0);
    frames.head(END_STREAM, 3, "GET", &[]).await;
    frames.receive(HEADERS, 3).await;
}

#[tokio::test]
async fn data_that_disagrees_with_content_length_resets_the_stream() {
    let service = Service::start("backend", &[]).await;
    let mut frames = Frames::connect(&service.address).await;
    // RFC 9113 section 8.1.1: a stream error of type PROTOCOL_ERROR.
    let protocol_error = 1_u32.to_be_bytes();
    for (stream, length, flags) in [(1, "2", END_STREAM), (3, "4", END_STREAM), (5, "2", 0)] {
        frames.head(0, stream, "OPTIONS", &[("content-length", length)]).await;
        frames.send(DATA, flags, stream, b"abc").await;
        assert_eq!(frames.receive(RST_STREAM, stream).await, protocol_error, "{length} announced, flags {flags}");
    }
    let counted = ["duration_seconds_count", "http_request_method=\"OPTIONS\"", "http_response_status_code=\"400\""];
    until("the requests are counted as malformed", async || metric(&service, &counted).await >= 3.0).await;
    frames.head(END_STREAM, 7, "GET", &[]).await;
    frames.receive(HEADERS, 7).await;
}

#[tokio::test]
async fn unread_data_is_bounded_for_a_stream_and_for_a_connection() {
    let service = Service::start("backend", &[]).await;
    let mut frames = Frames::connect(&service.address).await;
    let settings = frames.receive(SETTINGS, 0).await;
    let value = |setting: u8| {
        let found = settings.chunks(6).find(|entry| entry[1] == setting);
        found.map(|entry| u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]))
    };
    assert_eq!(value(3), Some(200), "SETTINGS_MAX_CONCURRENT_STREAMS");
    assert!(value(4).is_none_or(|bytes| bytes <= 65_535), "SETTINGS_INITIAL_WINDOW_SIZE: {settings:?}");
    frames.head(END_STREAM, 1, "GET", &[]).await;
    // A WINDOW_UPDATE before the answer would raise the connection's window above the 65535 that it begins with.
    let first_frames = async {
        loop {
            let mut head = [0; 9];
            frames.0.read_exact(&mut head).await.unwrap();
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            frames.0.read_exact(&mut payload).await.unwrap();
            assert_ne!(head[3], 8, "a WINDOW_UPDATE: {payload:?}");
            if head[3] == HEADERS {
                return;
            }
        }
    };
    tokio::time::timeout(DEADLINE, first_frames).await.expect("an answer");
}
