//! Opens and closes a port while the process runs.

use std::future;

use tokio::sync::watch;

/// Tells a server when to close its port, and when to open it again.
#[derive(Debug, Clone)]
pub(crate) struct PortGate(Option<watch::Receiver<bool>>);

impl PortGate {
    /// A gate whose port is open while it is served.
    pub(crate) fn always_open() -> Self {
        Self(None)
    }

    /// A gate whose port is open while the channel holds `true`.
    pub(crate) fn watching(open: watch::Receiver<bool>) -> Self {
        Self(Some(open))
    }

    /// Waits until the port must be closed.
    pub(super) async fn until_closed(&mut self) {
        if let Some(open) = &mut self.0
            && open.wait_for(|open| !open).await.is_ok()
        {
            return;
        }
        // The sender is gone; the port stays open.
        future::pending().await
    }

    /// Waits until the port must be open.
    pub(super) async fn until_open(&mut self) {
        if let Some(open) = &mut self.0 {
            // On an error the sender is gone; the port stays open.
            let _ = open.wait_for(|open| *open).await;
        }
    }
}
