//! Connections that are kept between requests.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{
    Address,
    connection::{Connection, Trouble},
};

/// Idle connections to one address. It grows to as many connections as there were ever requests in flight.
#[derive(Debug)]
pub(super) struct Pool {
    address: Address,
    keeps: bool,
    idle: Mutex<Vec<Connection>>,
    opened: AtomicU64,
}

impl Pool {
    /// A pool for an address; one that does not keep gives a new connection each time.
    pub(super) fn new(address: Address, keeps: bool) -> Self {
        Self { address, keeps, idle: Mutex::default(), opened: AtomicU64::new(0) }
    }

    /// The connection that became idle last, which is the least likely one to be closed meanwhile, or a new one; and
    /// whether it has been kept.
    pub(super) async fn take(&self) -> Result<(Connection, bool), Trouble> {
        if let Some(connection) = self.take_idle() {
            return Ok((connection, true));
        }
        let connection = Connection::open(&self.address).await?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok((connection, false))
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Gives a connection back after a whole answer.
    pub(super) async fn give_back(&self, mut connection: Connection) {
        if self.keeps && connection.is_reusable().await {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    /// How many connections were opened.
    pub(super) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}
