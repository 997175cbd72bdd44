//! One connection: HTTP/1.1 or HTTP/2 cleartext, until its end.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, body::Body, extract::Request, response::Response};
use http::Version;
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper_util::{rt::TokioIo, server::conn::auto};
use tower::{ServiceExt, util::Oneshot};

use super::{
    ConnHandle, ConnectionAbort, DirectAnswer, Routes, Stream,
    executor::PollFirst,
    head_memory::{HEADS, STREAM_BYTES, STREAMS, head_bytes},
    outgoing::Outgoing,
    requests::InFlight,
    supervisor::{Step, Supervisor},
    tracked_stream::TrackedStream,
};
use crate::limits::{Action, Limit};

/// What a port's connections share.
#[derive(Debug)]
pub(super) struct HttpService {
    pub(super) builder: auto::Builder<PollFirst>,
    pub(super) max_header_bytes: usize,
    pub(super) routes: Routes,
    /// Answers requests for whose heads there is no memory.
    pub(super) no_memory: Routes,
}

/// Serves a connection until it ends, or its [`ConnHandle`] or a timeout ends it.
pub(super) async fn serve(http: Arc<HttpService>, stream: Stream, mut supervisor: Supervisor) -> Result<(), String> {
    let handle = supervisor.handle().clone();
    let io = TokioIo::new(TrackedStream::new(stream, handle.clone(), http.max_header_bytes));
    let of_requests = handle.clone();
    let of_connection = Arc::clone(&http);
    let service = hyper::service::service_fn(move |request| answer(request, of_requests.clone(), &http));
    let mut connection = pin!(of_connection.builder.serve_connection(io, service));
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(ended.map_err(|error| error.to_string()));
            }
            match supervisor.poll_step(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Step::Abandon(reason)) => return Poll::Ready(Err(reason.to_owned())),
                Poll::Ready(Step::FinishRequests) => connection.as_mut().graceful_shutdown(),
                Poll::Ready(Step::EndInput) => match end_input(connection.as_mut(), cx, &handle) {
                    InputEnd::Ended => return Poll::Ready(Ok(())),
                    InputEnd::BytesArrived => {}
                    InputEnd::BytesAwaited => return Poll::Pending,
                },
            }
        }
    })
    .await
}

/// Answers one request. It is in flight from this call on, not only from the first poll.
fn answer(
    request: Request<Incoming>,
    handle: ConnHandle,
    http: &HttpService,
) -> impl Future<Output = Result<Response<Outgoing>, ConnectionAbort>> + use<> {
    let version = request.version();
    let stream_bytes = if version < Version::HTTP_2 { 0 } else { STREAM_BYTES };
    let head = HEADS.take(head_bytes(request.uri(), request.headers()));
    let stream = STREAMS.take(stream_bytes);
    let has_memory = head.is_some() && stream.is_some();
    if !has_memory {
        Limit::HEADER_MEMORY.record(Action::Rejected, "no memory left for request heads or HTTP/2 streams");
    }
    let in_flight = InFlight::new(handle.clone(), stream);
    if version < Version::HTTP_2 && !handle.input().head_complete(request.body().size_hint().exact()) {
        // A half head behind this request could not be told from its body.
        handle.close_after_answers();
    }
    let answer = Answer::begin(request, &handle, if has_memory { &http.routes } else { &http.no_memory });
    async move {
        let response = match answer {
            Answer::Direct(DirectAnswer::Now(response)) => response,
            Answer::Direct(DirectAnswer::Later(response)) => response.await,
            Answer::Router(response) => response.await.unwrap_or_else(|never: Infallible| match never {}),
        };
        drop(head);
        if let Some(&abort) = response.extensions().get::<ConnectionAbort>() {
            if abort == ConnectionAbort::Reset && version < Version::HTTP_2 {
                handle.reset_when_closed();
            }
            // The HTTP library drops the connection for it, or resets the stream of an HTTP/2 connection.
            return Err(abort);
        }
        Ok(response.map(|body| Outgoing::new(body, in_flight, version)))
    }
}

/// Answer of the port's routes.
enum Answer {
    Direct(DirectAnswer),
    Router(Oneshot<Router, Request>),
}

impl Answer {
    fn begin(request: Request<Incoming>, handle: &ConnHandle, routes: &Routes) -> Self {
        let (mut head, body) = request.into_parts();
        if body.is_end_stream()
            && let Some(direct) = &routes.direct
            && let Some(answer) = direct.answer(&head)
        {
            return Self::Direct(answer);
        }
        head.extensions.insert(handle.clone());
        Self::Router(routes.router.clone().oneshot(Request::from_parts(head, Body::new(body))))
    }
}

/// What became of an attempt to end the input.
enum InputEnd {
    /// The connection has ended, or nothing on it is worth waiting for.
    Ended,
    /// Bytes were read.
    BytesArrived,
    /// The kernel has bytes that the runtime has not seen yet; it wakes the task for them.
    BytesAwaited,
}

/// Reports the end of the input to a connection without a request in flight, unless there is something to read.
fn end_input<C: Future>(connection: Pin<&mut C>, cx: &mut Context<'_>, handle: &ConnHandle) -> InputEnd {
    let input = handle.input();
    let before = input.bytes_read();
    input.close_when_empty();
    let ended = connection.poll(cx).is_ready();
    let nobody_reads = input.withdraw_close() && !handle.is_answering();
    if ended || input.is_closed() || nobody_reads {
        InputEnd::Ended
    } else if input.bytes_read() > before {
        InputEnd::BytesArrived
    } else {
        InputEnd::BytesAwaited
    }
}
