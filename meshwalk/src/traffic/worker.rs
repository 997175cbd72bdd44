//! Workers: each sends one request at a time over a connection that it keeps.

use std::{cell::Cell, io, rc::Rc};

use tokio::sync::Notify;

use super::{
    connection::Connection,
    request::Deadline,
    run_state::{Due, RunState},
    stream_slots::SlotWait,
};

/// The dispatcher's side of a worker that is idle.
#[derive(Debug, Default)]
pub(super) struct IdleSlot {
    due: Cell<Option<Due>>,
    given: Notify,
}

impl IdleSlot {
    /// Gives a request to the worker, which is idle.
    pub(super) fn give(&self, due: Due) {
        self.due.set(Some(due));
        self.given.notify_one();
    }

    async fn next(&self) -> Due {
        loop {
            if let Some(due) = self.due.take() {
                return due;
            }
            self.given.notified().await;
        }
    }
}

/// Starts a worker with its first request, on the runtime's own thread. It ends with the runtime.
pub(super) fn spawn(state: Rc<RunState>, first: Due) {
    // The handle is not needed: workers report to the state.
    drop(tokio::task::spawn_local(async move {
        if let Err(error) = work(&state, first).await {
            state.fail(error);
        }
    }));
}

/// Sends request after request. The error is one of this process, not of the server.
async fn work(state: &RunState, first: Due) -> Result<(), io::Error> {
    let slot = Rc::new(IdleSlot::default());
    let mut deadline = Deadline::new();
    let mut connection: Option<Connection> = None;
    let mut due = first;
    loop {
        let mut wait = SlotWait::default();
        let outcome = state.sender.send(&mut connection, &mut deadline, &mut wait).await?;
        if let Some(ended) = wait.ended() {
            state.count_stream_wait(due, ended);
        }
        state.finish(due, outcome);
        state.sender.settle(&mut connection).await;
        due = match state.next_for(&slot) {
            Some(due) => due,
            None => slot.next().await,
        };
    }
}
