//! How whoever waits because of a rule learns that the rule is gone.

use std::{future, sync::Arc, time::Instant};

use tokio::sync::watch;

/// Held by a rule in force; cancels what waits because of it. Clones cancel together.
#[derive(Debug, Clone)]
pub(super) struct Cancel(Arc<watch::Sender<bool>>);

impl Cancel {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// The rule has been taken out of force: every waiter of its tethers wakes, now and for ever.
    pub(super) fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// A tether to the rule, whose time to live ends then.
    pub(super) fn tether(&self, expires: Option<Instant>) -> Tether {
        Tether { removed: self.0.subscribe(), expires }
    }
}

/// What binds a wait to its rule.
#[derive(Debug, Clone)]
pub(super) struct Tether {
    removed: watch::Receiver<bool>,
    expires: Option<Instant>,
}

impl Tether {
    /// Returns when the rule has been taken out of force. Its time to live does not count: for effects that end by
    /// themselves, such as a delay, which a rule near its end would otherwise cut short.
    pub(super) async fn removed(&mut self) {
        // With the sender gone there is no rule any more either.
        let _ = self.removed.wait_for(|removed| *removed).await;
    }

    /// Returns when the rule is no longer in force, by removal or by its time to live: for effects without an end.
    pub(super) async fn over(&mut self) {
        let expires = self.expires;
        let expired = async {
            match expires {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            () = self.removed() => {}
            () = expired => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn removal_wakes_everybody_who_waits_or_will_wait() {
        let cancel = Cancel::new();
        let mut tether = cancel.tether(None);
        let waiting = tokio::spawn({
            let mut tether = tether.clone();
            async move { tether.over().await }
        });
        cancel.clone().cancel();
        waiting.await.unwrap();
        tether.removed().await;
        cancel.tether(None).over().await;
    }

    #[tokio::test]
    async fn a_time_to_live_ends_what_has_no_end_but_not_what_has() {
        let cancel = Cancel::new();
        let mut tether = cancel.tether(Some(Instant::now() + Duration::from_millis(5)));
        tether.over().await;
        assert!(tokio::time::timeout(Duration::from_millis(20), tether.removed()).await.is_err());
    }
}
