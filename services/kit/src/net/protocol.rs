//! HTTP/1.1 and HTTP/2 as a port speaks them.

use hyper_util::{rt::TokioTimer, server::conn::auto};

use super::executor::PollFirst;

/// Unread bytes of bodies that an HTTP/2 connection may hold, for each stream and for all of them together. The smallest
/// window of a connection that RFC 9113 section 6.9.2 allows; no route needs its bodies fast.
const HTTP2_WINDOW_BYTES: u32 = 65_535;

/// Requests in flight on one HTTP/2 connection, as Envoy's guide for edge proxies advises. Their heads may all arrive before
/// the first one is counted.
pub(super) const HTTP2_MAX_STREAMS: u32 = 100;

/// Builder of connections that detect the protocol by its first bytes, with heads of at most this size.
pub(super) fn builder(max_header_bytes: u32) -> auto::Builder<PollFirst> {
    let mut http = auto::Builder::new(PollFirst);
    http.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(max_header_bytes as usize);
    http.http2()
        .timer(TokioTimer::new())
        .max_header_list_size(max_header_bytes)
        .initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES)
        .max_concurrent_streams(HTTP2_MAX_STREAMS);
    http
}
