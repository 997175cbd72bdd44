//! Serving a router on a listener: HTTP/1.1 and HTTP/2 cleartext on one port.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use http::Version;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    sync::{Semaphore, oneshot},
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt;

use super::{
    Listener, NoAnswer, Stream, Wire,
    head_clock::{HeadClock, InFlight},
    wire::OnWire,
};
use crate::config::Limits;

/// What a client may demand of a port.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    max_header_bytes: u32,
    header_read_timeout: Duration,
    max_connections: usize,
}

impl From<&Limits> for Settings {
    fn from(limits: &Limits) -> Self {
        Self {
            max_header_bytes: limits.max_header_bytes,
            header_read_timeout: limits.header_read_timeout,
            max_connections: limits.max_connections as usize,
        }
    }
}

/// A port that is being served, in a task of its own.
#[derive(Debug)]
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<Connections>,
}

/// The connections that were open when accepting stopped.
#[derive(Debug)]
struct Connections {
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl Server {
    /// Serves until [`Server::drain`].
    pub(crate) fn start(listener: Listener, router: Router, settings: Settings) -> Self {
        let (stop, stopped) = oneshot::channel();
        let accepting = tokio::spawn(accept(listener, router, settings, stopped));
        Self { stop, accepting }
    }

    /// Closes the port, lets requests in flight end, and cuts what is not done by the deadline.
    ///
    /// Connections that wait are closed at once; only a request keeps one open. Returns how many had to be cut.
    pub(crate) async fn drain(self, deadline: tokio::time::Instant) -> usize {
        // The receiver is gone only if the task has died, and then there is nothing to stop.
        let _ = self.stop.send(());
        let Ok(Connections { graceful, mut tasks }) = self.accepting.await else { return 0 };
        let all_done = async {
            graceful.shutdown().await;
            while tasks.join_next().await.is_some() {}
        };
        if tokio::time::timeout_at(deadline, all_done).await.is_ok() {
            return 0;
        }
        let left = tasks.len();
        tasks.shutdown().await;
        left
    }
}

async fn accept(
    listener: Listener,
    router: Router,
    settings: Settings,
    mut stopped: oneshot::Receiver<()>,
) -> Connections {
    let http = Arc::new(protocol(&settings));
    let room = Arc::new(Semaphore::new(settings.max_connections));
    let graceful = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    loop {
        let next = async {
            // With no room left, further connections wait in the kernel's queue.
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (stream, place) = tokio::select! {
            _ = &mut stopped => return Connections { graceful, tasks },
            Some(_) = tasks.join_next() => continue,
            accepted = next => accepted,
        };
        let watcher = graceful.watcher();
        let (http, router, limit) = (Arc::clone(&http), router.clone(), settings.header_read_timeout);
        tasks.spawn(async move {
            let _place = place;
            if let Err(error) = connection(&http, stream, router, limit, watcher).await {
                // The client's doing in most cases: it went away, or spoke no HTTP.
                tracing::debug!(error, "connection ended");
            }
        });
    }
}

async fn connection(
    http: &auto::Builder<TokioExecutor>,
    stream: Stream,
    router: Router,
    head_limit: Duration,
    watcher: hyper_util::server::graceful::Watcher,
) -> Result<(), String> {
    let in_flight = InFlight::default();
    let wire = Wire::new(&stream);
    let io = TokioIo::new(HeadClock::new(OnWire::new(stream, wire.clone()), head_limit, in_flight.clone()));
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let answering = in_flight.begin();
        let (version, wire) = (request.version(), wire.clone());
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
    let connection = http.serve_connection(io, service).into_owned();
    watcher.watch(connection).await.map_err(|error| error.to_string())
}

fn protocol(settings: &Settings) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(settings.max_header_bytes as usize);
    http.http2().timer(TokioTimer::new()).max_header_list_size(settings.max_header_bytes);
    http
}
