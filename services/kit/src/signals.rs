//! The signals that end a process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::faults::Registry;

/// SIGTERM, which Kubernetes sends, and SIGINT, which a person at a terminal does.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes the signals over, from within a runtime.
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the first signal that no fault ignores. A second one ends the process at once, whatever is in flight: who
    /// sends it has waited long enough. The exit code is then 1, as after any end that cuts requests.
    pub(crate) async fn first(mut self, faults: Registry) {
        self.next(&faults).await;
        tokio::spawn(async move {
            self.next(&faults).await;
            tracing::warn!("second signal; ending now");
            std::process::exit(1);
        });
    }

    /// The next signal that counts. A SIGTERM that a fault ignores is gone for good, as it is for a program that ignores
    /// it; SIGINT always counts, so that a person at a terminal is never locked out.
    async fn next(&mut self, faults: &Registry) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => match faults.ignores_sigterm() {
                    None => return,
                    Some(fault) => tracing::warn!(fault, "SIGTERM is ignored: an injected fault"),
                },
            }
        }
    }
}
