//! Serving a router on a listener: HTTP/1.1 and HTTP/2 cleartext on one port.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto,
};
use tokio::{
    sync::{Semaphore, oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use super::{Doors, Listener, Stream, connection, listener::Closed};
use crate::config::Limits;

/// How long to wait before the next try to open a port again that was closed for a while.
const PAUSE_BEFORE_REOPENING: Duration = Duration::from_millis(50);

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

/// The connections of a port.
#[derive(Debug)]
struct Connections {
    /// Asks those that there are to end.
    ending: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Serves until [`Server::drain`].
    pub(crate) fn start(listener: Listener, router: Router, settings: Settings, doors: Doors) -> Self {
        let (stop, stopped) = oneshot::channel();
        let accepting = tokio::spawn(Port::new(router, settings, doors).serve(listener, stopped));
        Self { stop, accepting }
    }

    /// Closes the port, lets requests in flight end, and cuts what is not done by the deadline.
    ///
    /// Connections that wait are closed at once; only a request keeps one open. Returns how many had to be cut.
    pub(crate) async fn drain(self, deadline: tokio::time::Instant) -> usize {
        // The receiver is gone only if the task has died, and then there is nothing to stop.
        let _ = self.stop.send(());
        let Ok(Connections { ending, mut tasks }) = self.accepting.await else { return 0 };
        ending.send_replace(true);
        let all_done = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout_at(deadline, all_done).await.is_ok() {
            return 0;
        }
        let left = tasks.len();
        tasks.shutdown().await;
        left
    }
}

/// What a port's connections share.
struct Port {
    http: Arc<auto::Builder<TokioExecutor>>,
    router: Router,
    head_limit: Duration,
    room: Arc<Semaphore>,
    doors: Doors,
    connections: Connections,
}

impl Port {
    fn new(router: Router, settings: Settings, doors: Doors) -> Self {
        Self {
            http: Arc::new(protocol(&settings)),
            router,
            head_limit: settings.header_read_timeout,
            room: Arc::new(Semaphore::new(settings.max_connections)),
            doors,
            connections: Connections { ending: watch::Sender::new(false), tasks: JoinSet::new() },
        }
    }

    async fn serve(mut self, mut listener: Listener, mut stopped: oneshot::Receiver<()>) -> Connections {
        loop {
            let next = async {
                // With no room left, further connections wait in the kernel's queue.
                let place = Arc::clone(&self.room).acquire_owned().await;
                (listener.accept().await, place)
            };
            tokio::select! {
                _ = &mut stopped => break,
                () = self.doors.closed() => {
                    let closed = listener.close();
                    // Those who are inside are asked to leave, or a proxy with open connections would notice nothing.
                    self.connections.ending.send_replace(true);
                    self.connections.ending = watch::Sender::new(false);
                    tokio::select! {
                        _ = &mut stopped => break,
                        () = self.doors.opened() => {}
                    }
                    listener = tokio::select! {
                        _ = &mut stopped => break,
                        listener = reopened(closed) => listener,
                    };
                }
                Some(_) = self.connections.tasks.join_next() => {}
                (stream, place) = next => self.spawn(stream, place),
            }
        }
        self.connections
    }

    fn spawn(&mut self, stream: Stream, place: impl Send + 'static) {
        let (http, router, head_limit) = (Arc::clone(&self.http), self.router.clone(), self.head_limit);
        let ending = self.connections.ending.subscribe();
        self.connections.tasks.spawn(async move {
            let _place = place;
            if let Err(error) = connection::serve(&http, stream, router, head_limit, ending).await {
                // The client's doing in most cases: it went away, or spoke no HTTP.
                tracing::debug!(error, "connection ended");
            }
        });
    }
}

/// Opens a port again. Somebody else may have it by now, and may leave it.
async fn reopened(mut closed: Closed) -> Listener {
    loop {
        match closed.reopen().await {
            Ok(listener) => return listener,
            Err(error) => {
                tracing::warn!(address = %closed.address(), %error, "cannot open the port again; trying on");
                tokio::time::sleep(PAUSE_BEFORE_REOPENING).await;
            }
        }
    }
}

fn protocol(settings: &Settings) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(settings.max_header_bytes as usize);
    http.http2().timer(TokioTimer::new()).max_header_list_size(settings.max_header_bytes);
    http
}
