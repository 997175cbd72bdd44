//! The state that the dispatcher and the workers of a run share. They run on one thread, so it has no lock.

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{
    FailureKind, InFlight, Latencies, Outcome, Plan, Progress, Sample,
    recorder::Recorder,
    request::Sender,
    worker::{self, IdleSlot},
};

/// A request that is due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    /// Time at which it is due, from the start of the run.
    pub(super) at: Duration,
    /// False for a request of the warm-up.
    pub(super) counts: bool,
}

/// The state of a run.
#[derive(Debug)]
pub(super) struct RunState {
    /// Start of the run.
    pub(super) start: Instant,
    /// Sends requests and reads answers.
    pub(super) sender: Sender,
    /// Wakes the dispatcher when the last request has ended or the run has failed.
    pub(super) changed: Notify,
    timeout: Duration,
    warm_up: Duration,
    tally: RefCell<RunCounts>,
}

/// Everything that is counted during a run.
#[derive(Debug)]
pub(super) struct RunCounts {
    /// Outcomes of the requests that count.
    pub(super) recorder: Recorder,
    /// How late requests were sent for which a slot was free.
    pub(super) lateness: Latencies,
    /// The bound on requests in flight, and what it did.
    pub(super) in_flight: InFlight,
    /// How far the run has come, including the warm-up.
    pub(super) progress: Progress,
    /// Requests that count and were due.
    pub(super) counted: u64,
    /// Requests that count and were sent.
    pub(super) sent: u64,
    /// Those of them that are in flight.
    pub(super) counted_busy: u64,
    /// Time of the last send, from the start of the run.
    pub(super) last_sent: Duration,
    /// True when no further request becomes due, so that the dispatcher waits for the last one to end.
    pub(super) all_due: bool,
    /// What the process ran out of, if it did.
    pub(super) exhausted: Option<io::Error>,
    /// Requests that are due and wait for a slot, oldest first.
    waiting: VecDeque<Due>,
    /// Idle slots, most recently used last: their connections are the least likely ones to be closed.
    idle: Vec<Rc<IdleSlot>>,
    slots: usize,
    busy: usize,
}

impl RunState {
    /// State of a run that starts now, with at most `bound` requests in flight.
    pub(super) fn new(plan: &Plan, sender: Sender, bound: usize) -> Self {
        let tally = RunCounts {
            recorder: Recorder::new(plan.recording),
            lateness: Latencies::default(),
            in_flight: InFlight { bound, ..InFlight::default() },
            progress: Progress { planned: plan.all_requests(), ..Progress::default() },
            counted: 0,
            sent: 0,
            counted_busy: 0,
            last_sent: Duration::ZERO,
            all_due: false,
            exhausted: None,
            waiting: VecDeque::new(),
            idle: Vec::new(),
            slots: 0,
            busy: 0,
        };
        let (start, timeout, changed) = (Instant::now(), plan.timeout, Notify::new());
        Self { start, sender, changed, timeout, warm_up: plan.warm_up, tally: RefCell::new(tally) }
    }

    /// Gives a due request to an idle slot, or to a new one, or lets it wait.
    pub(super) fn dispatch(self: &Rc<Self>, due: Due) {
        let mut tally = self.tally.borrow_mut();
        tally.progress.due += 1;
        tally.counted += u64::from(due.counts);
        if let Some(slot) = tally.idle.pop() {
            self.count_start(&mut tally, due, false);
            slot.give(due);
        } else if tally.slots < tally.in_flight.bound {
            tally.slots += 1;
            self.count_start(&mut tally, due, false);
            worker::spawn(self.clone(), due);
        } else {
            tally.progress.held_back += 1;
            tally.in_flight.held_back += u64::from(due.counts);
            tally.waiting.push_back(due);
        }
    }

    fn count_start(&self, tally: &mut RunCounts, due: Due, was_held_back: bool) {
        let late = self.start.elapsed().saturating_sub(due.at);
        tally.busy += 1;
        if due.counts {
            tally.in_flight.peak = tally.in_flight.peak.max(tally.busy);
            if was_held_back {
                tally.in_flight.longest_wait = tally.in_flight.longest_wait.max(late);
            } else {
                tally.lateness.record(late);
            }
        }
        tally.sent += u64::from(due.counts);
        tally.counted_busy += u64::from(due.counts);
        tally.progress.sent += 1;
        tally.last_sent = due.at + late;
    }

    /// Counts a request as held back that waited for an HTTP/2 stream until `ended`.
    pub(super) fn count_stream_wait(&self, due: Due, ended: Instant) {
        let late = ended.saturating_duration_since(self.start).saturating_sub(due.at);
        let mut tally = self.tally.borrow_mut();
        tally.progress.held_back += 1;
        if due.counts {
            tally.in_flight.held_back += 1;
            tally.in_flight.longest_wait = tally.in_flight.longest_wait.max(late);
        }
    }

    /// Records the end of a request that a slot has sent.
    pub(super) fn finish(&self, due: Due, outcome: Outcome) {
        let latency = self.start.elapsed().saturating_sub(due.at);
        let mut tally = self.tally.borrow_mut();
        tally.busy -= 1;
        tally.counted_busy -= u64::from(due.counts);
        tally.record(due, self.warm_up, latency, outcome);
        if tally.busy == 0 && tally.all_due {
            self.changed.notify_one();
        }
    }

    /// Ends the run because the process lacks something; nothing is said about the server.
    pub(super) fn fail(&self, error: io::Error) {
        self.tally.borrow_mut().exhausted.get_or_insert(error);
        self.changed.notify_one();
    }

    /// The request that has waited longest, for a slot that is free again; without one the slot becomes idle.
    pub(super) fn next_for(&self, slot: &Rc<IdleSlot>) -> Option<Due> {
        self.expire();
        let mut tally = self.tally.borrow_mut();
        let due = tally.waiting.pop_front();
        match due {
            Some(due) => self.count_start(&mut tally, due, true),
            None => tally.idle.push(slot.clone()),
        }
        due
    }

    /// Counts requests as timed out that have waited for a slot for longer than an answer may take.
    pub(super) fn expire(&self) {
        let mut tally = self.tally.borrow_mut();
        while let Some(due) = tally.waiting.front().copied() {
            let late = self.start.elapsed().saturating_sub(due.at);
            if late < self.timeout {
                return;
            }
            tally.waiting.pop_front();
            let detail = format!("not sent: {} requests were in flight all the time", tally.in_flight.bound);
            tally.record(due, self.warm_up, late, Outcome::Failure { kind: FailureKind::Timeout, detail });
        }
    }

    /// Whether every request that was due has ended.
    pub(super) fn is_drained(&self) -> bool {
        let tally = self.tally.borrow();
        tally.busy == 0 && tally.waiting.is_empty()
    }

    /// Looks at or changes what has been counted. `with` must not call this state.
    pub(super) fn tally<T>(&self, with: impl FnOnce(&mut RunCounts) -> T) -> T {
        with(&mut self.tally.borrow_mut())
    }
}

impl RunCounts {
    /// Number of requests that count, are due and wait for a slot.
    pub(super) fn counted_waiting(&self) -> u64 {
        self.waiting.iter().filter(|due| due.counts).count() as u64
    }

    /// Requests in flight.
    pub(super) fn busy(&self) -> u64 {
        self.busy as u64
    }

    fn record(&mut self, due: Due, warm_up: Duration, latency: Duration, outcome: Outcome) {
        match &outcome {
            Outcome::Answer(answer) => {
                self.progress.answered += 1;
                self.progress.errors += u64::from(answer.status >= 400);
            }
            Outcome::Failure { .. } => self.progress.failed += 1,
        }
        if due.counts {
            self.recorder.record(Sample { due: due.at.saturating_sub(warm_up), latency, outcome });
        }
    }
}
