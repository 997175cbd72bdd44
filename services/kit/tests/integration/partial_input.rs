//! No part of the protocol that has begun keeps a connection open beyond `--header-read-timeout`.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::service::{DEADLINE, Service};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const REQUEST: &[u8] = b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n";
const HALF: &[u8] = b"GET /api/hello HT";

#[tokio::test]
async fn partial_element_ends_the_connection() {
    // The idle timeout is far beyond the test's deadline, so the end does not come from there.
    let service = Service::start("backend", &["--header-read-timeout=200ms"]).await;
    let post = b"POST /api/hello HTTP/1.1\r\nhost: b\r\ncontent-length: 3\r\n\r\nabc";
    let headers = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];
    let cases: &[(&str, &[&[u8]])] = &[
        ("one byte", &[b"P"]),
        ("prefix of the preface", &[b"PRI "]),
        ("longer prefix of the preface", &[b"PRI * HT"]),
        ("preface without SETTINGS", &[PREFACE]),
        ("preface and half a SETTINGS frame", &[PREFACE, &SETTINGS[..5]]),
        ("half a frame", &[PREFACE, SETTINGS, &[0, 0, 8, 6, 0, 0]]),
        ("half a payload", &[PREFACE, SETTINGS, &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2]]),
        ("header block without its end", &[PREFACE, SETTINGS, headers]),
        ("half a head", &[HALF]),
        ("half a head behind a request", &[REQUEST, HALF]),
        ("half a head behind a body", &[post, HALF]),
        ("half a head behind two requests", &[REQUEST, post, HALF]),
    ];
    for (case, parts) in cases {
        for at_once in [true, false] {
            let mut stream = TcpStream::connect(&service.address).await.unwrap();
            if at_once {
                stream.write_all(&parts.concat()).await.unwrap();
            } else {
                for part in *parts {
                    stream.write_all(part).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
            let end = timeout(DEADLINE, stream.read_to_end(&mut Vec::new())).await;
            assert!(end.is_ok(), "{case}: the connection is still open");
        }
    }
}
