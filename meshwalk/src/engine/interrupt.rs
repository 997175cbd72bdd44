//! The wish to stop, as everything that takes time hears it.

use tokio::sync::watch;

/// The wish to stop. Clones hear the same wish.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

/// Who can wish it.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<bool>);

impl Interrupter {
    /// Somebody who can wish a stop, and the ear for it.
    #[must_use]
    pub fn new() -> (Self, Interrupt) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Interrupt(receiver))
    }

    /// Wishes it.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }
}

impl Interrupt {
    /// Whether it has been wished.
    #[must_use]
    pub fn is_wished(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when it is wished; never if nobody can wish it any more.
    pub async fn wished(&self) {
        if self.0.clone().wait_for(|wished| *wished).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
