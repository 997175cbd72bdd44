//! Decides when a connection must end: its timeouts, the orders of its port, and a grace for what is on its way.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{ConnHandle, activity::Activity, conn_table::Registration};
use crate::limits::{Action, Limit};

/// How long a connection that must end stays open without a request in flight, for the rest of a request head, or for
/// the requests that an HTTP/2 client sent before it learned of the end (RFC 9113 section 6.8).
const GRACE: Duration = Duration::from_millis(500);

/// How long a connection may go without progress.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// Limit for a request head, and for every other protocol element that has arrived in part.
    pub(crate) head: Duration,
    /// Limit for the time without a request in flight.
    pub(crate) idle: Duration,
    /// Limit for the time in which the client takes nothing of a response.
    pub(crate) send: Duration,
}

/// What a connection must do.
#[derive(Debug)]
pub(super) enum Step {
    /// Accept no further requests, and end after those that there are.
    FinishRequests,
    /// End, unless there is something to read.
    EndInput,
    /// End at once, for this reason.
    Abandon(&'static str),
}

/// Watches one connection, from within its task.
#[derive(Debug)]
pub(super) struct Supervisor {
    registration: Registration,
    timeouts: Timeouts,
    alarm: Alarm,
    /// The protocol element that has arrived in part.
    partial: Standstill,
    /// Number of bytes sent, while the next write has to wait for the client.
    blocked_write: Standstill,
    /// Number of parts of HTTP/2 responses that the client has taken, while it has to take the next one.
    held_response: Standstill,
    ending: Option<Ending>,
}

#[derive(Debug)]
struct Ending {
    grace_end: Instant,
    told: bool,
}

impl Supervisor {
    pub(super) fn new(registration: Registration, timeouts: Timeouts) -> Self {
        Self {
            registration,
            timeouts,
            alarm: Alarm::default(),
            partial: Standstill::default(),
            blocked_write: Standstill::default(),
            held_response: Standstill::default(),
            ending: None,
        }
    }

    pub(super) fn handle(&self) -> &ConnHandle {
        self.registration.handle()
    }

    /// The next step of a connection that waits for its other side, or for its requests.
    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        self.handle().orders().register(cx.waker());
        let activity = self.handle().activity();
        self.take_orders(activity);
        if let Some(reason) = self.poll_standstill(cx) {
            return Poll::Ready(Step::Abandon(reason));
        }
        if self.ending.is_none() {
            if activity != Activity::Idle {
                self.alarm.keep_running(cx, self.timeouts.idle);
                return Poll::Pending;
            }
            ready!(self.alarm.poll(cx, Instant::from_std(self.handle().idle_since()) + self.timeouts.idle));
            let limit = self.timeouts.idle;
            Limit::IDLE_TIMEOUT.record(Action::Closed, format_args!("without a request for {limit:?}"));
        }
        self.poll_end(cx, activity)
    }

    /// Obeys orders that have come.
    fn take_orders(&mut self, activity: Activity) {
        if self.ending.is_some() {
            return;
        }
        if self.handle().orders().must_leave() {
            if activity == Activity::Idle || self.handle().has_late_head() {
                self.registration.record_eviction();
                self.begin_end();
            } else {
                self.registration.decline_eviction();
            }
        }
        if self.handle().orders().must_end() {
            self.begin_end();
        }
    }

    fn begin_end(&mut self) -> &mut Ending {
        if self.ending.is_none() {
            // The end of the last request must wake this task, whatever made the connection end.
            self.handle().close_after_answers();
        }
        self.ending.get_or_insert_with(|| Ending { grace_end: Instant::now() + GRACE, told: false })
    }

    fn poll_end(&mut self, cx: &mut Context<'_>, activity: Activity) -> Poll<Step> {
        let http2 = self.handle().input().is_http2();
        let ending = self.begin_end();
        if !ending.told && (http2 || activity == Activity::Request) {
            ending.told = true;
            return Poll::Ready(Step::FinishRequests);
        }
        let grace_end = ending.grace_end;
        match activity {
            Activity::Request | Activity::Flushing => {
                // Its place is taken again by the requests that it still serves.
                self.registration.decline_eviction();
                return Poll::Pending;
            }
            // The first request of a new connection may be on its way.
            Activity::Idle if self.handle().input().bytes_read() == 0 && !self.handle().orders().must_leave() => {
                let accepted = Instant::from_std(self.handle().idle_since());
                ready!(self.alarm.poll(cx, grace_end.min(accepted + GRACE)));
            }
            Activity::Idle if !http2 => {}
            // The rest of a head may be on its way, or the client's acknowledgement of the end.
            Activity::Idle | Activity::PartialInput => ready!(self.alarm.poll(cx, grace_end)),
        }
        Poll::Ready(Step::EndInput)
    }

    /// Why the client has gone without progress for too long, if it has.
    fn poll_standstill(&mut self, cx: &mut Context<'_>) -> Option<&'static str> {
        let Timeouts { head, send, .. } = self.timeouts;
        let handle = self.registration.handle();
        let has_passed = |deadline: Option<Instant>, alarm: &mut Alarm, cx: &mut Context<'_>| {
            deadline.is_some_and(|deadline| alarm.poll(cx, deadline).is_ready())
        };
        let partial = self.partial.deadline(handle.partial_element(), head);
        handle.note_partial_since(self.partial.since());
        if has_passed(partial, &mut self.alarm, cx) {
            Limit::HEADER_READ_TIMEOUT.record(Action::Closed, format_args!("incomplete after {head:?}"));
            return Some("a request head or a frame was not complete in time");
        }
        let blocked_write = self.blocked_write.deadline(handle.output().blocked_at(), send);
        let held_response = self.held_response.deadline(handle.requests().waiting_at(), send);
        if has_passed(blocked_write, &mut self.alarm, cx) || has_passed(held_response, &mut self.alarm, cx) {
            Limit::SEND_TIMEOUT
                .record(Action::Closed, format_args!("the client took no part of a response for {send:?}"));
            return Some("the client took no part of a response in time");
        }
        None
    }
}

/// Measures how long a position stays the same.
#[derive(Debug, Default)]
struct Standstill(Option<(u64, Instant)>);

impl Standstill {
    /// Time since when the position is the same.
    fn since(&self) -> Option<std::time::Instant> {
        self.0.map(|(_, since)| since.into_std())
    }

    /// Time by which the position must have changed, or `None` if there is none at the moment.
    fn deadline(&mut self, position: Option<u64>, limit: Duration) -> Option<Instant> {
        self.0 = match (position, self.0) {
            (None, _) => None,
            (Some(position), Some((same, since))) if same == position => Some((same, since)),
            (Some(position), _) => Some((position, Instant::now())),
        };
        self.0.map(|(_, since)| since + limit)
    }
}

/// One timer for several deadlines. A deadline that moves into the future costs nothing until the timer fires.
#[derive(Debug, Default)]
struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    registered: bool,
}

impl Alarm {
    /// Makes sure that the task is woken some time, at the latest `after` the first such call.
    fn keep_running(&mut self, cx: &mut Context<'_>, after: Duration) {
        if !self.registered || self.sleep.as_ref().is_some_and(|sleep| sleep.is_elapsed()) {
            // Not ready: the deadline is in the future.
            let _ = self.poll(cx, Instant::now() + after);
        }
    }

    /// Ready if the deadline has passed; otherwise the task is woken at the deadline or earlier.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
            self.registered = false;
        }
        if self.registered && !sleep.is_elapsed() {
            return Poll::Pending;
        }
        loop {
            self.registered = true;
            ready!(sleep.as_mut().poll(cx));
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}
