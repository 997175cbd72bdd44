//! Opens connections, and shares those of HTTP/2.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tokio::sync::Mutex;

use super::{
    Plan,
    connection::{Connection, Endpoint, ExchangeError},
};

/// Opens the connections of a run. A connection of HTTP/1.1 belongs to the worker that asked for it; those of HTTP/2
/// carry the requests of several workers, which get one after the other of them.
#[derive(Debug)]
pub(super) struct Connector {
    endpoint: Endpoint,
    opened: Cell<u64>,
    /// Shared connections, for HTTP/2 only. A lock is held while one is opened, so that no second one is.
    shared: Vec<Rc<Mutex<Option<Connection>>>>,
    next: RefCell<usize>,
}

impl Connector {
    /// Opens connections to where the plan leads; at most `connections` of them, where they are shared.
    pub(super) fn new(plan: &Plan, connections: usize) -> Self {
        let count = if plan.shares_connections() { connections } else { 0 };
        Self {
            endpoint: plan.endpoint(),
            opened: Cell::new(0),
            shared: (0..count).map(|_| Rc::default()).collect(),
            next: RefCell::new(0),
        }
    }

    /// Returns a connection of the caller's own, or a share of one, and true if this call opened it.
    pub(super) async fn connect(&self) -> Result<(Connection, bool), ExchangeError> {
        let Some(cell) = self.turn() else { return Ok((self.open().await?, true)) };
        let mut connection = cell.lock().await;
        if let Some(open) = connection.as_ref().filter(|open| !open.is_closed())
            && let Some(share) = open.share()
        {
            return Ok((share, false));
        }
        let opened = self.open().await?;
        match opened.share() {
            Some(share) => {
                *connection = Some(opened);
                Ok((share, true))
            }
            None => Ok((opened, true)),
        }
    }

    /// Stops sharing a connection that took no further request, so that the next caller opens another one.
    pub(super) fn discard(&self, closed: &Connection) {
        for cell in &self.shared {
            // A lock that is held means that another caller replaces the connection already.
            if let Ok(mut shared) = cell.try_lock() {
                shared.take_if(|open| open.is_same(closed));
            }
        }
    }

    /// Number of connections opened.
    pub(super) fn opened(&self) -> u64 {
        self.opened.get()
    }

    fn turn(&self) -> Option<Rc<Mutex<Option<Connection>>>> {
        let mut next = self.next.borrow_mut();
        let cell = self.shared.get(*next).cloned();
        *next = (*next + 1) % self.shared.len().max(1);
        cell
    }

    async fn open(&self) -> Result<Connection, ExchangeError> {
        let connection = Connection::open(&self.endpoint).await?;
        self.opened.set(self.opened.get() + 1);
        Ok(connection)
    }
}
