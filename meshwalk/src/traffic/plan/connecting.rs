//! How a plan connects: how often, and where to.

use super::Plan;
use crate::traffic::connection::Endpoint;

impl Plan {
    /// True if several requests at once share a connection.
    pub(in crate::traffic) fn shares_connections(&self) -> bool {
        self.http2 && !self.fresh_connections
    }

    /// Number of connections that are open at once at most. Without shared ones, it also bounds the requests in flight.
    pub(in crate::traffic) fn connection_bound(&self) -> usize {
        // The number of kept connections means nothing where each request opens one of its own.
        if self.fresh_connections { self.max_in_flight } else { self.max_in_flight.min(self.connections) }
    }

    /// Where connections lead.
    pub(in crate::traffic) fn endpoint(&self) -> Endpoint {
        let (address, tls) = (self.address.clone(), self.tls.clone());
        // A server that stalls is not taken for a dead one sooner than a request may time out.
        Endpoint { address, tls, http2: self.http2, ping_timeout: self.timeout }
    }
}
