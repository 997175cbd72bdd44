//! Serves routes on a listener: HTTP/1.1 and HTTP/2 cleartext on one port.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use http::HeaderMap;
use hyper_util::{rt::TokioExecutor, server::conn::auto};
use tokio::{
    sync::oneshot,
    task::{AbortHandle, JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};

use super::{
    Capacity, ConnHandle, ConnTable, Doors, Listener, Routes, Stream,
    activity::EvictionCause,
    connection,
    evictor::{Evictor, Place},
    listener::Closed,
    protocol, rejection,
    supervisor::{Supervisor, Timeouts},
};
use crate::{
    config::Limits,
    limits::{Action, Limit},
};

/// How long to wait before the next attempt to open a port again that was closed for a while.
const PAUSE_BEFORE_REOPENING: Duration = Duration::from_millis(50);

/// How long a port does not accept when the process has no descriptor left.
const PAUSE_WHEN_EXHAUSTED: Duration = Duration::from_millis(50);

/// Time that a connection has for its request, while it is being rejected and others wait to be.
const REJECTION_TIME: Duration = Duration::from_millis(100);

/// How often to look for a place that is about to be free.
const PLACE_INTERVAL: Duration = Duration::from_millis(1);

/// What a client may demand of a port.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    max_header_bytes: u32,
    timeouts: Timeouts,
    /// Headers of responses that the router does not make.
    identity_headers: HeaderMap,
}

impl Settings {
    /// The limits of the flags. Rejections have `identity_headers`.
    pub(crate) fn new(limits: &Limits, identity_headers: HeaderMap) -> Self {
        Self {
            max_header_bytes: limits.max_header_bytes,
            timeouts: Timeouts {
                head: limits.header_read_timeout,
                idle: limits.idle_timeout,
                send: limits.send_timeout,
            },
            identity_headers,
        }
    }
}

/// A port that is being served, in a task of its own.
#[derive(Debug)]
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<JoinSet<()>>,
    table: Arc<ConnTable>,
}

impl Server {
    /// Serves until [`Server::drain`], with connections in `table`, which no other port uses.
    pub(crate) fn start(
        listener: Listener,
        routes: Routes,
        settings: Settings,
        table: Arc<ConnTable>,
        doors: Doors,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let port = Port::new(routes, settings, doors, Arc::clone(&table));
        Self { stop, accepting: tokio::spawn(port.serve(listener, stopped)), table }
    }

    /// Closes the port, waits for requests in flight, and cuts those that are not done by the deadline.
    ///
    /// Returns how many connections with a request in flight were cut. Others are closed after a short grace.
    pub(crate) async fn drain(self, deadline: tokio::time::Instant) -> usize {
        // The receiver is gone only if the task has died, and then there is nothing to stop.
        let _ = self.stop.send(());
        let Ok(mut connections) = self.accepting.await else { return 0 };
        self.table.end_all();
        let all_done = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout_at(deadline, all_done).await.is_ok() {
            return 0;
        }
        let cut = self.table.answering();
        connections.shutdown().await;
        cut
    }
}

/// What a port's connections share.
struct Port {
    http: Arc<auto::Builder<TokioExecutor>>,
    routes: Routes,
    timeouts: Timeouts,
    doors: Doors,
    table: Arc<ConnTable>,
    evictor: Evictor,
    connections: JoinSet<()>,
    rejection: Routes,
    /// Connections that are being rejected, the oldest first.
    rejected: VecDeque<(Instant, AbortHandle)>,
    rejected_table: Arc<ConnTable>,
}

impl Port {
    fn new(routes: Routes, settings: Settings, doors: Doors, table: Arc<ConnTable>) -> Self {
        Self {
            http: Arc::new(protocol::builder(settings.max_header_bytes)),
            routes,
            timeouts: settings.timeouts,
            doors,
            evictor: Evictor::new(Arc::clone(&table)),
            connections: JoinSet::new(),
            rejection: rejection::router(settings.identity_headers, table.capacity().connections).into(),
            rejected: VecDeque::new(),
            rejected_table: ConnTable::new(table.capacity()),
            table,
        }
    }

    async fn serve(mut self, mut listener: Listener, mut stopped: oneshot::Receiver<()>) -> JoinSet<()> {
        // A connection that waits for a place.
        let mut waiting: Option<Stream> = None;
        loop {
            let table = Arc::clone(&self.table);
            let next = async {
                if waiting.is_some() {
                    let _ = timeout(PLACE_INTERVAL, table.changed()).await;
                    return Ok(None);
                }
                listener.accept().await.map(Some)
            };
            tokio::select! {
                _ = &mut stopped => break,
                () = self.doors.closed() => {
                    let closed = listener.close();
                    // Open connections end too, or a proxy that has some would notice nothing.
                    self.table.end_all();
                    tokio::select! {
                        _ = &mut stopped => break,
                        () = self.doors.opened() => {}
                    }
                    listener = tokio::select! {
                        _ = &mut stopped => break,
                        listener = reopened(closed) => listener,
                    };
                }
                Some(_) = self.connections.join_next() => {}
                accepted = next => match accepted {
                    Ok(stream) => waiting = self.admit(stream.or(waiting.take())),
                    Err(error) => {
                        self.free_descriptor(&error);
                        tokio::select! {
                            _ = &mut stopped => break,
                            () = sleep(PAUSE_WHEN_EXHAUSTED) => {}
                        }
                    }
                },
            }
        }
        if let Some(stream) = waiting {
            self.spawn(stream);
        }
        self.connections
    }

    /// Serves or rejects a connection. Returns it if there may be a place for it soon.
    fn admit(&mut self, stream: Option<Stream>) -> Option<Stream> {
        match (stream?, self.evictor.make_room()) {
            (stream, Place::Free) => self.spawn(stream),
            (stream, Place::None) if self.may_reject() => self.reject(stream),
            (stream, Place::Soon | Place::None) => return Some(stream),
        }
        None
    }

    fn spawn(&mut self, stream: Stream) {
        let registration = self.table.add(ConnHandle::new(&stream));
        let supervisor = Supervisor::new(registration, self.timeouts);
        let (http, routes) = (Arc::clone(&self.http), self.routes.clone());
        self.connections.spawn(async move {
            if let Err(error) = connection::serve(&http, stream, routes, supervisor).await {
                // The client is the cause in most cases: it went away, or spoke no HTTP.
                tracing::debug!(error, "connection ended");
            }
        });
    }

    /// True if one more connection may be rejected at this time. If all that are being rejected have had time for their
    /// requests, the oldest one is closed for it.
    fn may_reject(&mut self) -> bool {
        self.rejected.retain(|(_, task)| !task.is_finished());
        if self.rejected.len() < self.table.capacity().passing {
            return true;
        }
        if let Some((since, task)) = self.rejected.front()
            && since.elapsed() >= REJECTION_TIME
        {
            task.abort();
        }
        false
    }

    /// Answers a connection with 503, in a task of its own.
    fn reject(&mut self, stream: Stream) {
        let Capacity { connections, limit, .. } = self.table.capacity();
        limit.record(Action::Rejected, format_args!("all {connections} connections have requests in flight"));
        let registration = self.rejected_table.add(ConnHandle::new(&stream));
        registration.handle().close_after_answers();
        let supervisor = Supervisor::new(registration, self.timeouts);
        let (http, routes) = (Arc::clone(&self.http), self.rejection.clone());
        let task = self.connections.spawn(async move {
            let _ = timeout(rejection::REJECTION_LIMIT, connection::serve(&http, stream, routes, supervisor)).await;
        });
        self.rejected.push_back((Instant::now(), task));
    }

    /// Notes that the process or the host has run out of something, and gives a descriptor back, which another port may
    /// need too.
    fn free_descriptor(&mut self, error: &io::Error) {
        Limit::OPEN_FILES.record(Action::Delayed, format_args!("cannot accept a connection: {error}"));
        self.evictor.evict_longest_idle(EvictionCause::NoDescriptor);
    }
}

/// Opens a port again. Somebody else may have it by now, and may leave it.
async fn reopened(mut closed: Closed) -> Listener {
    loop {
        match closed.reopen().await {
            Ok(listener) => return listener,
            Err(error) => {
                tracing::warn!(address = %closed.address(), %error, "cannot open the port again; trying on");
                sleep(PAUSE_BEFORE_REOPENING).await;
            }
        }
    }
}
