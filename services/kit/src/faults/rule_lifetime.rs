//! Wakes requests that wait because of a rule when the rule is removed or expires.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

/// The time for which a rule is active. Clones end together.
#[derive(Debug, Clone)]
pub(super) struct RuleLifetime {
    removed: CancellationToken,
    expires: Option<Instant>,
}

impl RuleLifetime {
    /// A lifetime that ends when the token is cancelled or the time is reached.
    pub(super) fn new(removed: CancellationToken, expires: Option<Instant>) -> Self {
        Self { removed, expires }
    }

    /// Waits until the rule is removed. Expiry does not count: an effect that ends by itself, such as a delay, is granted
    /// in full.
    pub(super) async fn wait_until_removed(&self) {
        self.removed.cancelled().await;
    }

    /// Waits until the rule is removed or expires: for effects that do not end by themselves.
    pub(super) async fn wait_until_over(&self) {
        match self.expires {
            // An error means that the rule has expired.
            Some(at) => drop(tokio::time::timeout_at(at.into(), self.removed.cancelled()).await),
            None => self.removed.cancelled().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn removal_wakes_everybody_who_waits_or_will_wait() {
        let token = CancellationToken::new();
        let lifetime = RuleLifetime::new(token.clone(), None);
        let waiting = tokio::spawn({
            let lifetime = lifetime.clone();
            async move { lifetime.wait_until_over().await }
        });
        token.clone().cancel();
        waiting.await.unwrap();
        lifetime.wait_until_removed().await;
        RuleLifetime::new(token, None).wait_until_over().await;
    }

    #[tokio::test]
    async fn a_time_to_live_ends_what_has_no_end_but_not_what_has() {
        let expires = Instant::now() + Duration::from_millis(5);
        let lifetime = RuleLifetime::new(CancellationToken::new(), Some(expires));
        lifetime.wait_until_over().await;
        assert!(tokio::time::timeout(Duration::from_millis(20), lifetime.wait_until_removed()).await.is_err());
    }
}
