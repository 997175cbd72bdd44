//! Signal by which the user requests a stop of the run.

use tokio::sync::watch;

/// Receiver of a stop request. Clones receive the same request.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

/// Sender of a stop request.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<bool>);

impl Interrupter {
    /// Creates a connected sender and receiver.
    #[must_use]
    pub fn new() -> (Self, Interrupt) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Interrupt(receiver))
    }

    /// Requests a stop.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }
}

impl Interrupt {
    /// Returns true if a stop was requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when a stop is requested, or never if the sender was dropped before.
    pub async fn wait(&self) {
        if self.0.clone().wait_for(|requested| *requested).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
