//! What a run tells while it goes on.

use futures_util::future::BoxFuture;

use crate::{
    checks::Verdict,
    lab::{GateOutcome, Lab, Step},
    report::{LabReport, StepReport, Waited},
    traffic::Progress,
};

/// Something that happens in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A lab begins.
    Lab(&'a Lab),
    /// A step begins: its number from 1, and of how many.
    Step(usize, usize, &'a Step),
    /// Something is changed; the commands to the same effect.
    Changing(&'a str),
    /// An effect is waited for: where probes enter and what they have to show, and what the last one showed.
    Waiting(&'a str, Option<&'a str>),
    /// An effect came, or did not.
    Waited(&'a Waited),
    /// A traffic has come so far.
    Sending(&'a str, Progress),
    /// Counters, traces and probes are looked at.
    Collecting,
    /// A check was decided.
    Decided(&'a Verdict),
    /// A check of a gate was decided: what fails here is a breach, which may be what the lab is to show.
    Weighed(&'a Verdict),
    /// A gate decided.
    Gate(GateOutcome),
    /// A step is over.
    StepOver(&'a StepReport),
    /// What was in force before is put back.
    Restoring,
    /// It could not be put back, and why.
    NotRestored(&'a str),
    /// A lab is over.
    LabOver(&'a LabReport),
}

/// Who is told.
pub trait Observer: Send + Sync {
    /// Something happens.
    fn tell(&self, event: &Event<'_>);

    /// A step is about to begin: its number from 1 and of how many, and what it does as commands. Whoever teaches
    /// completes this when the class is ready.
    fn ready<'a>(&'a self, _number: usize, _of: usize, _step: &'a Step, _commands: &'a [String]) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Whether [`Observer::ready`] wants to know the commands; they may take a question to the target.
    fn wants_commands(&self) -> bool {
        false
    }
}
