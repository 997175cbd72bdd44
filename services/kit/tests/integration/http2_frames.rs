//! An HTTP/2 client that writes its own frames, because a client library does not send unusual ones.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::service::DEADLINE;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// An HTTP/2 connection (RFC 9113) on which a test writes frames of its own.
pub(crate) struct Frames(pub(crate) TcpStream);

impl Frames {
    pub(crate) async fn connect(address: &str) -> Self {
        Self::connect_with(address, &[]).await
    }

    /// A connection with these settings, in the form of a SETTINGS payload.
    pub(crate) async fn connect_with(address: &str, settings: &[u8]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut frames = Self(stream);
        frames.send(SETTINGS, 0, 0, settings).await;
        frames
    }

    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.write_all(&frame).await.unwrap();
    }

    /// Sends the head of a request for the call tree, with literal fields (RFC 7541 section 6.2.2).
    pub(crate) async fn head(&mut self, flags: u8, stream: u32, method: &str, more: &[(&str, &str)]) {
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
    pub(crate) async fn receive(&mut self, kind: u8, stream: u32) -> Vec<u8> {
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
