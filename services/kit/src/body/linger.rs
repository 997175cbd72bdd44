//! Reads what is left of a body whose request was answered early.
//!
//! A server that closes an HTTP/1.1 connection while the client still sends makes the kernel send a reset, and the
//! client may lose the answer (RFC 9112 section 9.6). The rest of the body is therefore read and thrown away, within
//! bounds. An HTTP/2 stream needs none of this: the library resets the stream with NO_ERROR after the answer.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use http::{HeaderMap, Version, header, request::Parts};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;

/// Time for the rest of a body.
const MAX_LINGER: Duration = Duration::from_secs(5);

/// Bytes of the rest of a body that are read at most.
const MAX_LINGER_BYTES: usize = 16 << 20;

/// A request's body whose rest is read in the background if it is dropped before its end.
#[derive(Debug)]
pub(crate) struct Lingering {
    body: Body,
    /// True if dropping this now leaves a client that sends.
    drain_on_drop: bool,
}

impl Lingering {
    /// Wraps the body of a request with this head.
    pub(crate) fn new(head: &Parts, body: Body) -> Self {
        // A client that waits for `100 Continue` has sent nothing yet; reading would ask it to begin.
        let drain_on_drop = head.version < Version::HTTP_2 && !expects_continue(&head.headers);
        Self { body, drain_on_drop }
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if !self.drain_on_drop || self.body.is_end_stream() {
            return;
        }
        // Without a runtime there is no connection left, either.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let body = std::mem::take(&mut self.body);
            drop(runtime.spawn(tokio::time::timeout(MAX_LINGER, drain(body))));
        }
    }
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            this.drain_on_drop = false;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Lets the bodies of all requests linger. For ports whose routes answer without reading a body.
pub(crate) async fn linger(request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let (head, body) = request.into_parts();
    let body = Body::new(Lingering::new(&head, body));
    Request::from_parts(head, body)
}

async fn drain(mut body: Body) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > MAX_LINGER_BYTES {
            return;
        }
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}
