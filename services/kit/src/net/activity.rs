//! What a connection does, and why one must leave.

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// A request is in flight.
    Request,
    /// All responses are complete, and the last bytes have not been flushed.
    Flushing,
    /// Part of a request head or of an HTTP/2 frame has arrived, and no request is in flight.
    PartialInput,
    /// None of these.
    Idle,
}

/// Why a connection must leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EvictionCause {
    /// A new connection needs its place.
    NewConnection,
    /// The process or the host is out of descriptors.
    NoDescriptor,
}
