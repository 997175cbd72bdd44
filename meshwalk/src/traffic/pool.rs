//! Connections that are kept between requests.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    Address,
    connection::{Connection, Trouble},
};

/// How long a connection may take to be ready for the next request after a whole answer.
const SETTLING: Duration = Duration::from_millis(100);

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
        // It is ready as soon as the runtime has looked at it once more; a peer that sends on is not waited for.
        if self.keeps && matches!(tokio::time::timeout(SETTLING, connection.is_reusable()).await, Ok(true)) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    /// How many connections were opened.
    pub(super) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::Empty;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        sync::Notify,
    };

    use super::*;

    #[tokio::test]
    async fn a_connection_that_the_server_closed_while_it_was_idle_is_not_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pool = Pool::new(Address::Tcp(listener.local_addr().unwrap()), true);
        let kept = std::sync::Arc::new(Notify::new());
        let close = kept.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 1024]).await.unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                close.notified().await;
            }
        });
        let (mut connection, is_kept) = pool.take().await.unwrap();
        assert!(!is_kept);
        connection.exchange(Request::new(Empty::new())).await.unwrap();
        pool.give_back(connection).await;
        assert_eq!(pool.idle.lock().unwrap().len(), 1);
        kept.notify_one();
        let wait = async {
            while !pool.idle.lock().unwrap()[0].is_closed() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
        let (mut connection, is_kept) = pool.take().await.unwrap();
        assert!(!is_kept);
        connection.exchange(Request::new(Empty::new())).await.unwrap();
        assert_eq!(pool.opened(), 2);
    }
}
