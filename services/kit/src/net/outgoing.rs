//! The body of a response, which keeps its request in flight until it has been sent.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::{Buf, Bytes};
use http::Version;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::in_flight::InFlight;

/// A body with the guard of its request.
#[derive(Debug)]
pub(super) struct Outgoing {
    body: Body,
    in_flight: InFlight,
    /// HTTP/2 keeps bytes for as long as the client's flow control stops them, so they hold the guard too. HTTP/1.1 copies
    /// them, and [`super::ConnHandle`] observes the flush.
    guards_data: bool,
}

impl Outgoing {
    pub(super) fn new(body: Body, in_flight: InFlight, version: Version) -> Self {
        Self { body, in_flight, guards_data: version >= Version::HTTP_2 }
    }
}

impl HttpBody for Outgoing {
    type Data = GuardedBytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<GuardedBytes>, axum::Error>>> {
        let this = &mut *self;
        Pin::new(&mut this.body).poll_frame(cx).map_ok(|frame| {
            frame.map_data(|bytes| GuardedBytes { bytes, _in_flight: this.guards_data.then(|| this.in_flight.clone()) })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Bytes of a body, with the guard of its request.
#[derive(Debug)]
pub(super) struct GuardedBytes {
    bytes: Bytes,
    _in_flight: Option<InFlight>,
}

impl Buf for GuardedBytes {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        self.bytes.copy_to_bytes(length)
    }
}
