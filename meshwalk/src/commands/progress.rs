//! What a run tells on standard error: one line that moves on a terminal, plain lines elsewhere.

use std::{
    io::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::{
    checks::{Status, Verdict},
    commands::moving_line::MovingLine,
    engine::{Event, Observer},
    lab::{GateOutcome, Step},
    report::{LabReport, StepReport},
    traffic::Progress,
};

/// Interval between lines about the same activity where lines cannot be overwritten.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Tells on standard error.
#[derive(Debug)]
pub(super) struct ConsoleObserver {
    classroom: bool,
    moving_line: MovingLine,
    colour: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// True if the last line is one that the next replaces.
    moving: bool,
    /// Time of the last line about an activity.
    told: Option<Instant>,
}

impl ConsoleObserver {
    /// A teller; in a classroom it waits for Enter before each step.
    pub(super) fn new(classroom: bool) -> Self {
        let moving_line = MovingLine::new();
        let colour = moving_line.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { classroom, moving_line, colour, state: Mutex::new(State { moving: false, told: None }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one statement, so the state is right even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        let mut state = self.state();
        if state.moving {
            self.moving_line.clear();
        }
        (state.moving, state.told) = (false, Some(Instant::now()));
        // A closed standard error is not an error of the run.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// A command that is run, as it can be typed.
    pub(super) fn command(&self, line: &str) {
        self.line(&self.painted(&format!("     $ {line}"), "2"));
    }

    /// What is being waited for, again and again while it lasts.
    pub(super) fn waiting(&self, what: &str) {
        self.moving(&format!("     … waiting for {what}"));
    }

    /// Shows a line that the next one replaces; without a terminal, one line at intervals.
    fn moving(&self, text: &str) {
        let mut state = self.state();
        if self.moving_line.is_terminal() {
            state.moving = true;
            self.moving_line.show(text);
        } else if state.told.is_none_or(|told| told.elapsed() >= PLAIN_INTERVAL) {
            state.told = Some(Instant::now());
            // A closed standard error is not an error of the run.
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn mark(&self, status: Status) -> String {
        match status {
            Status::Passed => self.painted("✓", "32"),
            Status::Failed => self.painted("✗", "1;31"),
            Status::Skipped => self.painted("–", "33"),
        }
    }

    fn decided(&self, verdict: &Verdict) {
        let mark = self.mark(verdict.status);
        self.line(&format!("     {mark} {}: {}", verdict.name, verdict.observed));
        if verdict.status != Status::Passed {
            self.line(&format!("       expected {}; {}", verdict.expected, verdict.reason));
        }
    }

    fn step_over(&self, step: &StepReport) {
        match (&step.reason, step.status) {
            (Some(why), Status::Skipped) => {
                self.line(&format!("   {} {}: skipped, {why}", self.mark(step.status), step.title));
            }
            (Some(why), _) => self.line(&format!("     {} {why}", self.mark(step.status))),
            (None, _) => {}
        }
    }

    fn lab_over(&self, lab: &LabReport) {
        let why = lab.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let took = lab.took_ms / 1000.0;
        self.line(&format!(" {} {} {} in {took:.1} s{why}", self.mark(lab.status), lab.lab, lab.status.word()));
    }
}

/// Without a mark, because an expected breach is not a failure of the lab.
fn weighed(Verdict { name, expected, observed, status, .. }: &Verdict) -> String {
    let held = if *status == Status::Failed { "breached" } else { "held" };
    format!("     gate: {name} {expected}, {held}: {observed}")
}

fn sending(name: &str, progress: &Progress) -> String {
    let Progress { planned, sent, answered, errors, failed, .. } = progress;
    format!(
        "     … {name}: {sent}/{planned} sent, {answered} answered, {errors} with 4xx or 5xx, {failed} without an \
         answer"
    )
}

impl Observer for ConsoleObserver {
    fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Lab(lab) => {
                let name = self.painted(&lab.id, "1");
                self.line(&format!("\n{name}: {}", lab.title));
            }
            Event::Step(number, of, step) => self.line(&format!("   {number}/{of} {}", step.title)),
            Event::Changing(command) => {
                command.lines().for_each(|command| self.command(command));
            }
            Event::Waiting(what, last) => {
                let last = last.map(|last| format!("; now {last}")).unwrap_or_default();
                self.waiting(&format!("{what}{last}"));
            }
            Event::WaitOver(waited) if waited.came => {
                let text = format!("     effect seen after {:.0} ms: {}", waited.took_ms, waited.what);
                self.line(&self.painted(&text, "2"));
            }
            Event::WaitOver(_) => {}
            Event::Sending(name, progress) => self.moving(&sending(name, progress)),
            Event::Collecting => self.moving("     … collecting counters, traces and probes"),
            Event::Decided(verdict) => self.decided(verdict),
            Event::Weighed(verdict) => self.line(&weighed(verdict)),
            Event::Gate(GateOutcome::Held) => self.line("     the gate holds"),
            Event::Gate(GateOutcome::Breached) => self.line("     the gate is breached; rolling back"),
            Event::StepOver(step) => self.step_over(step),
            Event::Restoring => self.moving("   … restoring the state before the lab"),
            Event::NotRestored(why) => self.line(&format!("   {} {why}", self.mark(Status::Failed))),
            Event::LabOver(lab) => self.lab_over(lab),
        }
    }

    fn wants_commands(&self) -> bool {
        self.classroom
    }

    fn ready<'a>(&'a self, number: usize, of: usize, step: &'a Step, commands: &'a [String]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.line(&format!("\n{}", self.painted(&format!("{number}/{of} {}", step.title), "1")));
            for line in step.explain.iter().flat_map(|explain| explain.lines()) {
                self.line(&format!("  {line}"));
            }
            for command in commands.iter().flat_map(|command| command.lines()) {
                self.line(&format!("  $ {command}"));
            }
            self.line("Enter to go on, Ctrl-C to stop");
            // A thread of its own: a runtime could not end while one of its threads waits for a key.
            let (pressed, press) = oneshot::channel::<()>();
            std::thread::spawn(move || {
                // The end of the input continues as well: the input may be a pipe.
                let _ = std::io::stdin().read_line(&mut String::new());
                let _ = pressed.send(());
            });
            let _ = press.await;
        })
    }
}
