//! Guard of a request in flight.

use super::ConnHandle;

/// Keeps a request of a connection in flight for as long as it or a clone lives.
#[derive(Debug)]
pub(super) struct InFlight(ConnHandle);

impl InFlight {
    /// Guard of a request that the connection has counted.
    pub(super) fn new(connection: ConnHandle) -> Self {
        Self(connection)
    }
}

impl Clone for InFlight {
    fn clone(&self) -> Self {
        self.0.begin_request()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.end_request();
    }
}
