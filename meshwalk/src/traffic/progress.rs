//! Progress of a run, and the errors that end it without a result.

use std::{io, time::Duration};

use super::PlanError;

/// How far a run has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Time since the start.
    pub elapsed: Duration,
    /// Requests of the whole plan.
    pub planned: u64,
    /// Requests that have become due.
    pub due: u64,
    /// Requests sent.
    pub sent: u64,
    /// Requests with an HTTP answer.
    pub answered: u64,
    /// Answers with a status of 400 or more.
    pub errors: u64,
    /// Requests without an HTTP answer.
    pub failed: u64,
    /// Requests that have been sent and are not over.
    pub in_flight: u64,
    /// Requests that had to wait for others to end before they were sent.
    pub held_back: u64,
}

/// Why a run ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The generator lacks something of its own; the figures would blame the server for it.
    #[error(
        "the load generator ran out of file descriptors, ports or memory after {sent} requests ({source}): lower the rate, keep connections, or raise the limit (ulimit -n)"
    )]
    Exhausted {
        /// How many requests had been sent.
        sent: u64,
        /// What the operating system says.
        source: io::Error,
    },
    /// A thread could not be started.
    #[error("cannot start the load generator's threads: {0}")]
    Thread(#[source] io::Error),
    /// The generator's thread ended without a result.
    #[error("the load generator ended without a result; its log says why")]
    Lost,
}
