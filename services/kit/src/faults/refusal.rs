//! The application's port, closed while a rule says so.

use std::{future, sync::Arc, time::Instant};

use meshwalk_faults::{Connection, Mode};
use tokio::sync::watch;

use super::{Registry, active::Active};
use crate::net::Doors;

impl Registry {
    /// Says when the application's port is to be closed and open, from within a runtime, for as long as somebody listens.
    pub(crate) fn doors(&self) -> Doors {
        let (open, doors) = watch::channel(self.refusing().is_none());
        tokio::spawn(follow(self.clone(), open));
        Doors::following(doors)
    }

    /// The first rule that wants the port closed.
    fn refusing(&self) -> Option<Arc<Active>> {
        let refuses = |active: &Arc<Active>| active.rule.mode == Mode::Connection(Connection::Refuse);
        self.in_force(Instant::now()).into_iter().find(refuses)
    }
}

async fn follow(registry: Registry, open: watch::Sender<bool>) {
    let mut changes = registry.changes();
    let mut closed_by: Option<Arc<Active>> = None;
    loop {
        // What changes from here on is seen at the next look.
        changes.mark_unchanged();
        let refusing = registry.refusing();
        match (&refusing, &closed_by) {
            (Some(new), Some(old)) if Arc::ptr_eq(new, old) => {}
            (Some(new), _) => {
                new.tally.count_match();
                new.tally.count_fired();
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
        // By themselves, rules begin, and the one that closes the port ends.
        let now = Instant::now();
        let end = closed_by.as_ref().and_then(|active| now.checked_add(active.remaining(now)?));
        let turn = async {
            match end.into_iter().chain(registry.next_beginning(now)).min() {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            // The registry, which holds the sender, is held here.
            _ = changes.changed() => {}
            () = turn => {}
            () = open.closed() => return,
        }
    }
}
