//! Orders to leave that meet the end of their connection.

use super::*;
use crate::net::Stream;

fn table() -> Arc<ConnTable> {
    ConnTable::new(Capacity { connections: 1, passing: 1, limit: Limit::MAX_CONNECTIONS })
}

#[tokio::test]
async fn connection_that_ends_before_or_after_its_order_to_leave_frees_its_place_once() {
    for ends_first in [true, false] {
        let table = table();
        let (stream, _other) = tokio::net::UnixStream::pair().unwrap();
        let handle = ConnHandle::new(&Stream::Unix(stream));
        let mut registration = Some(table.add(handle.clone()));
        if ends_first {
            registration.take();
        }
        assert!(table.evict(&handle, EvictionCause::NewConnection));
        drop(registration);
        assert_eq!(table.leaving.load(Ordering::SeqCst), 0, "ends first: {ends_first}");
    }
}
