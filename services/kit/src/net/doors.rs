//! Whether a port is to be open at the moment.

use std::future;

use tokio::sync::watch;

/// Tells a server when to close its port, and when to open it again.
#[derive(Debug, Clone)]
pub(crate) struct Doors(Option<watch::Receiver<bool>>);

impl Doors {
    /// The port is open for as long as it is served.
    pub(crate) fn always_open() -> Self {
        Self(None)
    }

    /// The port is open while the channel says true.
    pub(crate) fn following(open: watch::Receiver<bool>) -> Self {
        Self(Some(open))
    }

    /// Returns when the port is to be closed.
    pub(super) async fn closed(&mut self) {
        if let Some(open) = &mut self.0
            && open.wait_for(|open| !open).await.is_ok()
        {
            return;
        }
        // The sender is gone; the port stays open.
        future::pending().await
    }

    /// Returns when the port is to be open.
    pub(super) async fn opened(&mut self) {
        if let Some(open) = &mut self.0 {
            // On an error the sender is gone; the port stays open.
            let _ = open.wait_for(|open| *open).await;
        }
    }
}
