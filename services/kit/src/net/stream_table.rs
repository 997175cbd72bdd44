//! Memory of the table in which the HTTP library keeps the streams of one HTTP/2 connection.

use super::{
    head_memory::{MemoryShare, STREAM_TABLES},
    protocol::HTTP2_MAX_STREAMS,
    requests::Requests,
};

/// Size of an entry, as measured on x86-64.
const ENTRY_BYTES: usize = 512;

/// Entries that are a part of what a connection takes.
const FIRST_ENTRIES: u64 = 8;

/// Part of the process's budget that a connection holds until it ends, because its table grows and never shrinks.
#[derive(Debug)]
pub(super) struct StreamTable(MemoryShare);

impl StreamTable {
    pub(super) const fn new() -> Self {
        Self(STREAM_TABLES.share())
    }

    /// Takes the memory for the streams of all heads that the connection has received; false if there is not enough.
    ///
    /// The library reads all heads that have arrived before it hands over the first request.
    pub(super) fn has_memory(&mut self, heads: u64, requests: &Requests) -> bool {
        // Trailers, and requests that the library rejects, make this too large.
        let streams = (heads.saturating_sub(requests.total()) + requests.count()).min(u64::from(HTTP2_MAX_STREAMS));
        // The library doubles its table.
        streams <= FIRST_ENTRIES || self.0.grow_to(streams.next_power_of_two() as usize * ENTRY_BYTES)
    }
}
