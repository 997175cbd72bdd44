//! Notifies an observer of the progress of a run.

use futures_util::future::BoxFuture;

use crate::{
    checks::Verdict,
    lab::{GateOutcome, Lab, Step},
    report::{LabReport, StepReport, WaitReport},
    traffic::Progress,
};

/// Event of a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A lab starts.
    Lab(&'a Lab),
    /// A step starts: its number from 1, and the number of steps.
    Step(usize, usize, &'a Step),
    /// A change is applied; contains the equivalent commands.
    Changing(&'a str),
    /// A wait continues: where probes enter, what they must show, and what the last one showed.
    Waiting(&'a str, Option<&'a str>),
    /// A wait ended, with or without the effect.
    WaitOver(&'a WaitReport),
    /// Progress of one traffic.
    Sending(&'a str, Progress),
    /// Counters, traces and probes are collected.
    Collecting,
    /// A check was decided.
    Decided(&'a Verdict),
    /// A check of a gate was decided. A failed one is a breach, which the lab may expect.
    Weighed(&'a Verdict),
    /// A gate was decided.
    Gate(GateOutcome),
    /// A step ended.
    StepOver(&'a StepReport),
    /// The state before the lab is being restored.
    Restoring,
    /// The restore failed, for this reason.
    NotRestored(&'a str),
    /// A lab ended.
    LabOver(&'a LabReport),
}

/// Receives the events of a run.
pub trait Observer: Send + Sync {
    /// Handles an event.
    fn tell(&self, event: &Event<'_>);

    /// Called before a step, with its number from 1, the number of steps, and its commands. A teaching observer
    /// completes this when the class is ready.
    fn ready<'a>(&'a self, _number: usize, _of: usize, _step: &'a Step, _commands: &'a [String]) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Returns true if [`Observer::ready`] needs the commands, which may require a query to the platform.
    fn wants_commands(&self) -> bool {
        false
    }
}
