//! One connection: HTTP/1.1 or HTTP/2 cleartext, until its end.

use std::{convert::Infallible, pin::pin, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use http::Version;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::sync::watch;
use tower::ServiceExt;

use super::{
    NoAnswer, Stream, Wire,
    head_clock::{HeadClock, InFlight},
    wire::OnWire,
};

/// Serves a connection. When `ending` becomes true, or a request has asked for it, the connection ends as soon as the
/// requests that it has are answered.
pub(super) async fn serve(
    http: &auto::Builder<TokioExecutor>,
    stream: Stream,
    router: Router,
    head_limit: Duration,
    mut ending: watch::Receiver<bool>,
) -> Result<(), String> {
    let in_flight = InFlight::default();
    let wire = Wire::new(&stream);
    let io = TokioIo::new(HeadClock::new(OnWire::new(stream, wire.clone()), head_limit, in_flight.clone()));
    let of_requests = wire.clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let answering = in_flight.begin();
        let (version, wire) = (request.version(), of_requests.clone());
        request.extensions_mut().insert(wire.clone());
        let answer = router.clone().oneshot(request.map(Body::new));
        async move {
            let answer: Result<Response, Infallible> = answer.await;
            let response = answer.unwrap_or_else(|never| match never {});
            if let Some(&no_answer) = response.extensions().get::<NoAnswer>() {
                if no_answer == NoAnswer::Reset && version < Version::HTTP_2 {
                    wire.reset_when_closed();
                }
                // The HTTP library drops the connection for it, or resets the stream of an HTTP/2 connection.
                return Err(no_answer);
            }
            // The guard lives as long as the body that is being sent.
            Ok(response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _ = &answering;
                    frame
                }))
            }))
        }
    });
    let mut connection = pin!(http.serve_connection(io, service));
    tokio::select! {
        ended = connection.as_mut() => return ended.map_err(|error| error.to_string()),
        () = wire.told_to_close() => {}
        // Without a sender nobody waits for an end that is not cut, either.
        _ = ending.wait_for(|ending| *ending) => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await.map_err(|error| error.to_string())
}
