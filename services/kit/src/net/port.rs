//! Accepts the connections of a port: HTTP/1.1 and HTTP/2 cleartext, until the port closes.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    ConnHandle, ConnTable, Listener, PortGate, Routes, Stream,
    activity::EvictionCause,
    connection::{self, HttpService},
    evictor::{Evictor, Place},
    listener::Closed,
    protocol,
    rejection::{self, Rejector},
    serve::PortSettings,
    supervisor::{Supervisor, Timeouts},
};
use crate::limits::{Action, Limit};

/// How long to wait before the next attempt to open a port again that was closed for a while.
const PAUSE_BEFORE_REOPENING: Duration = Duration::from_millis(50);

/// How long a port does not accept when the process has no descriptor left.
const PAUSE_WHEN_EXHAUSTED: Duration = Duration::from_millis(50);

/// Limit for answering the connections that wait when the port closes, if there are no descriptors for them.
const BACKLOG_TIME: Duration = Duration::from_secs(1);

/// How long a connection waits for a place that is about to be free.
const PLACE_TIME: Duration = Duration::from_secs(1);

/// How often to look for a place that is about to be free.
const PLACE_INTERVAL: Duration = Duration::from_millis(1);

/// A connection that waits for a place.
struct Waiting {
    stream: Stream,
    since: Instant,
}

/// What a port's connections share.
pub(super) struct Port {
    http: Arc<HttpService>,
    timeouts: Timeouts,
    gate: PortGate,
    table: Arc<ConnTable>,
    evictor: Evictor,
    connections: JoinSet<()>,
    rejector: Rejector,
}

impl Port {
    /// A port of these `settings`, with connections in `table`.
    pub(super) fn new(routes: Routes, settings: PortSettings, gate: PortGate, table: Arc<ConnTable>) -> Self {
        let headers = &settings.identity_headers;
        let no_memory = rejection::router(headers.clone(), "the memory for request heads is taken".to_owned());
        let http = |routes: Routes| {
            Arc::new(HttpService {
                builder: protocol::builder(settings.max_header_bytes),
                max_header_bytes: settings.max_header_bytes as usize,
                routes,
                no_memory: no_memory.clone().into(),
            })
        };
        let places = table.capacity().connections;
        let full = format!("all {places} connections of this port have requests in flight");
        let full = rejection::router(headers.clone(), full);
        Self {
            http: http(routes),
            timeouts: settings.timeouts,
            gate,
            evictor: Evictor::new(Arc::clone(&table)),
            connections: JoinSet::new(),
            rejector: Rejector::new(table.capacity(), settings.timeouts, http(full.into())),
            table,
        }
    }

    /// Serves until `stopped`; the connections that are still open.
    pub(super) async fn serve(mut self, listener: Listener, mut stopped: oneshot::Receiver<()>) -> JoinSet<()> {
        let mut waiting = None;
        if let Some(listener) = self.accept_until(&mut stopped, listener, &mut waiting).await {
            self.empty_backlog(listener).await;
        }
        self.serve_at_once(&mut waiting);
        self.connections
    }

    /// Accepts connections until `stopped`, one of which may be `waiting` for a place; the listener, if the port is open.
    async fn accept_until(
        &mut self,
        stopped: &mut oneshot::Receiver<()>,
        mut listener: Listener,
        waiting: &mut Option<Waiting>,
    ) -> Option<Listener> {
        loop {
            let table = Arc::clone(&self.table);
            let is_waiting = waiting.is_some();
            let next = async {
                if is_waiting {
                    let _ = timeout(PLACE_INTERVAL, table.changed()).await;
                    return Ok(None);
                }
                listener.accept().await.map(Some)
            };
            tokio::select! {
                _ = &mut *stopped => return Some(listener),
                () = self.gate.until_closed() => {
                    let closed = listener.close();
                    self.serve_at_once(waiting);
                    // Open connections end too, or a proxy that has some would notice nothing.
                    self.table.end_all();
                    tokio::select! {
                        _ = &mut *stopped => return None,
                        () = self.gate.until_open() => {}
                    }
                    listener = tokio::select! {
                        _ = &mut *stopped => return None,
                        listener = reopened(closed) => listener,
                    };
                }
                Some(_) = self.connections.join_next() => {}
                accepted = next => match accepted {
                    Ok(Some(stream)) => *waiting = self.admit(Waiting { stream, since: Instant::now() }),
                    Ok(None) => *waiting = waiting.take().and_then(|waiting| self.admit(waiting)),
                    Err(error) => {
                        self.free_descriptor(&error);
                        tokio::select! {
                            _ = &mut *stopped => return Some(listener),
                            () = sleep(PAUSE_WHEN_EXHAUSTED) => {}
                        }
                    }
                },
            }
        }
    }

    /// Serves a connection that waits, although there is no place, because the port closes.
    fn serve_at_once(&mut self, waiting: &mut Option<Waiting>) {
        if let Some(Waiting { stream, .. }) = waiting.take() {
            self.spawn(stream);
        }
    }

    /// Answers the connections that the kernel has accepted, and closes the port.
    async fn empty_backlog(&mut self, listener: Listener) {
        self.table.end_all();
        let deadline = Instant::now() + BACKLOG_TIME;
        let mut backlog = listener.into_backlog();
        while let Ok((queue, _file)) = &mut backlog {
            match queue.next() {
                Ok(None) => return,
                Ok(Some(stream)) => match self.evictor.make_room() {
                    Place::Free => self.spawn(stream),
                    Place::Soon | Place::None => self.rejector.reject(stream, &mut self.connections),
                },
                Err(error) => {
                    self.free_descriptor(&error);
                    if timeout_at(deadline, timeout(PAUSE_WHEN_EXHAUSTED, self.connections.join_next())).await.is_err()
                    {
                        return;
                    }
                }
            }
        }
    }

    /// Serves or rejects a connection. Returns it if there may be a place for it soon.
    fn admit(&mut self, waiting: Waiting) -> Option<Waiting> {
        let place = self.evictor.make_room();
        let may_wait = place == Place::Soon && waiting.since.elapsed() < PLACE_TIME;
        if place == Place::Free {
            self.spawn(waiting.stream);
        } else if !may_wait && self.rejector.may_reject() {
            self.rejector.reject(waiting.stream, &mut self.connections);
        } else {
            return Some(waiting);
        }
        None
    }

    fn spawn(&mut self, stream: Stream) {
        let registration = self.table.add(ConnHandle::new(&stream));
        let supervisor = Supervisor::new(registration, self.timeouts);
        let http = Arc::clone(&self.http);
        self.connections.spawn(async move {
            if let Err(error) = connection::serve(http, stream, supervisor).await {
                // The client is the cause in most cases: it disconnected, or spoke no HTTP.
                tracing::debug!(error, "connection ended");
            }
        });
    }

    /// Notes that the process or the host has run out of something, and gives a descriptor back, which another port may
    /// need too.
    fn free_descriptor(&mut self, error: &io::Error) {
        Limit::OPEN_FILES.record(Action::Delayed, format_args!("cannot accept a connection: {error}"));
        self.evictor.evict_one(EvictionCause::NoDescriptor);
    }
}

/// Opens a port again. Waits while another process has it.
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
