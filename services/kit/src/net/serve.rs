//! A port in a task of its own, from its start to its drain.

use std::sync::Arc;

use http::HeaderMap;
use tokio::{
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use super::{ConnTable, Listener, PortGate, Routes, port::Port, supervisor::Timeouts};

/// What a client may demand of a port.
#[derive(Debug, Clone)]
pub(crate) struct PortSettings {
    pub(super) max_header_bytes: u32,
    pub(super) timeouts: Timeouts,
    /// Headers of responses that the router does not make.
    pub(super) identity_headers: HeaderMap,
}

impl PortSettings {
    /// Limits of a port. Rejections have `identity_headers`.
    pub(crate) fn new(max_header_bytes: u32, timeouts: Timeouts, identity_headers: HeaderMap) -> Self {
        Self { max_header_bytes, timeouts, identity_headers }
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
        settings: PortSettings,
        table: Arc<ConnTable>,
        gate: PortGate,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let port = Port::new(routes, settings, gate, Arc::clone(&table));
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

#[cfg(test)]
mod tests;
