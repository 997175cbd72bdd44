//! Bodies of requests over HTTP/2, frame by frame: a client library does not send broken ones.

use tokio::io::AsyncReadExt;

use super::{
    draining::until,
    http2_frames::{DATA, END_STREAM, Frames, HEADERS, RST_STREAM, SETTINGS},
    service::{DEADLINE, Service, metric},
};

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
    assert_eq!(value(3), Some(100), "SETTINGS_MAX_CONCURRENT_STREAMS");
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
