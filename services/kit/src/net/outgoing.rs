//! The body of a response, which keeps its request in flight until it has been sent.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::{Buf, Bytes};
use http::Version;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::requests::InFlight;

/// A body with the guard of its request.
#[derive(Debug)]
pub(super) struct Outgoing {
    body: Body,
    in_flight: InFlight,
    /// True for HTTP/2, which keeps bytes for as long as the client's flow control stops them: they hold a guard too.
    /// HTTP/1.1 copies them, and [`super::ConnHandle`] observes the writes.
    guards_data: bool,
}

impl Outgoing {
    pub(super) fn new(body: Body, mut in_flight: InFlight, version: Version) -> Self {
        let guards_data = version >= Version::HTTP_2;
        // The library asks for the first part of the body when the client's flow control allows one.
        in_flight.set_awaits_client(guards_data);
        Self { body, in_flight, guards_data }
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
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if this.guards_data {
            this.in_flight.set_awaits_client(polled.is_ready());
        }
        polled.map_ok(|frame| {
            frame.map_data(|bytes| GuardedBytes { bytes, guard: this.guards_data.then(|| this.in_flight.part()) })
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
    guard: Option<InFlight>,
}

impl Buf for GuardedBytes {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        if let Some(guard) = &self.guard {
            guard.note_taken();
        }
        self.bytes.advance(count);
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        self.bytes.copy_to_bytes(length)
    }
}
