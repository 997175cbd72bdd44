//! The signals that end a process.

use std::{future::pending, io};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{faults::Registry, telemetry};

/// Signals that end the process in order. Their default action would end it at once.
#[derive(Debug)]
pub(crate) struct Signals {
    /// SIGTERM, which Kubernetes sends.
    terminate: Signal,
    /// SIGINT, which a terminal sends on Ctrl-C.
    interrupt: Signal,
    /// SIGHUP, which a terminal sends when it closes, or `None` if it was ignored at the start, as `nohup` does.
    hangup: Option<Signal>,
    /// SIGQUIT, which some supervisors send instead of SIGTERM, or `None` if it was ignored at the start.
    quit: Option<Signal>,
}

impl Signals {
    /// Takes the signals over, from within a runtime.
    pub(crate) fn install() -> io::Result<Self> {
        let ignored = ignored_signals();
        let unless_ignored = |kind: SignalKind| {
            let is_ignored = ignored & (1 << (kind.as_raw_value() - 1)) != 0;
            if is_ignored { Ok(None) } else { signal(kind).map(Some) }
        };
        Ok(Self {
            hangup: unless_ignored(SignalKind::hangup())?,
            quit: unless_ignored(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the first signal that no fault ignores. A second one ends the process at once, whatever is in flight: who
    /// sends it has waited long enough. The exit code is then 1, as after any end that cuts requests.
    pub(crate) async fn first(mut self, faults: Registry) {
        let signal = self.next(&faults).await;
        tracing::info!(signal, "received a signal to end");
        tokio::spawn(async move {
            let signal = self.next(&faults).await;
            tracing::warn!(signal, "second signal; ending now");
            telemetry::flush_logs();
            std::process::exit(1);
        });
    }

    /// Waits for the next signal that counts, and returns its name.
    ///
    /// A SIGTERM that a fault ignores is gone for good, as it is for a program that ignores it. The other signals always
    /// count, so that a person at a terminal is never locked out.
    async fn next(&mut self, faults: &Registry) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "SIGINT",
                () = received(&mut self.hangup) => return "SIGHUP",
                () = received(&mut self.quit) => return "SIGQUIT",
                _ = self.terminate.recv() => match faults.ignores_sigterm() {
                    None => return "SIGTERM",
                    Some(fault) => tracing::warn!(fault, "SIGTERM is ignored: an injected fault"),
                },
            }
        }
    }
}

/// Waits for a signal, or for ever if it is ignored.
async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => pending().await,
    }
}

/// Returns the signals that this process ignores as a bit mask with signal 1 as the lowest bit.
///
/// Only Linux shows this mask without a system call of unsafe code; elsewhere no signal counts as ignored.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
