//! Closes the application's port while a `refuse` rule is active.

use std::{future, sync::Arc, time::Instant};

use tokio::sync::watch;

use super::{Registry, active_rule::ActiveRule, modes::ProcessFault};
use crate::net::PortGate;

impl Registry {
    /// Tells when the application's port must be closed and open. Spawns a task that ends with the last receiver.
    pub(crate) fn port_gate(&self) -> PortGate {
        let (open, gate) = watch::channel(self.refusing().is_none());
        tokio::spawn(follow(self.clone(), open));
        PortGate::watching(gate)
    }

    /// First active `refuse` rule.
    fn refusing(&self) -> Option<Arc<ActiveRule>> {
        let refuses = |active: &Arc<ActiveRule>| active.process_fault() == Some(ProcessFault::ClosePort);
        self.in_force(Instant::now()).into_iter().find(refuses)
    }
}

async fn follow(registry: Registry, open: watch::Sender<bool>) {
    let mut changes = registry.changes();
    let mut closed_by: Option<Arc<ActiveRule>> = None;
    loop {
        // A change from here on wakes the loop again.
        changes.mark_unchanged();
        let refusing = registry.refusing();
        match (&refusing, &closed_by) {
            (Some(new), Some(old)) if Arc::ptr_eq(new, old) => {}
            (Some(new), _) => {
                new.stats.count_match();
                new.stats.count_fired();
                tracing::warn!(fault = new.id, rule = new.text, "injecting: the application's port is closed");
                open.send_replace(false);
            }
            (None, Some(_)) => {
                tracing::info!("the application's port opens again");
                open.send_replace(true);
            }
            (None, None) => {}
        }
        closed_by = refusing;
        // The registry does not change when a rule begins or expires.
        let now = Instant::now();
        let end = closed_by.as_ref().and_then(|active| now.checked_add(active.remaining(now)?));
        let turn = async {
            match end.into_iter().chain(registry.next_beginning(now)).min() {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            // `registry` holds the sender, so `changed` does not fail.
            _ = changes.changed() => {}
            () = turn => {}
            () = open.closed() => return,
        }
    }
}
