//! `fail-first`: the same request fails so many times and then succeeds, so that a retry is seen to save it.

mod tries;

use std::{fmt, time::Duration};

use http::StatusCode;

use super::{
    super::{About, EVERYWHERE, Mode, ModeSpec},
    History, Status, answer, count, with_status,
};
use crate::faults::{
    draw::Draws,
    effect::{Effect, Memory, Turn},
    problem::Complaint,
};
use tries::Tries;

pub(in super::super) const FAIL_FIRST: ModeSpec = ModeSpec {
    name: "fail-first",
    arguments: &["N", "N:STATUS"],
    summary: "the first N tries of each request fail (503 without a status): those whose x-envoy-attempt-count is at most \
              N, on whichever replica; without that header, the first N with one x-request-id, route and caller here",
    example: "fail-first=2, fail-first=1:500;path=/api/*",
    about: About::Requests { calls: false },
    levels: EVERYWHERE,
    read: |argument| FailFirst::parse(argument).map(|rule| Mode::History(History::FailFirst(rule))),
};

/// The first tries of each request fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) struct FailFirst {
    tries: u32,
    status: StatusCode,
}

impl FailFirst {
    fn parse(text: &str) -> Result<Self, Complaint> {
        let (tries, status) = with_status(text)?;
        let tries = count(tries, 1..=1000, "write how many tries fail, as in fail-first=2 or fail-first=2:500")?;
        Ok(Self { tries, status })
    }

    pub(super) fn memory(self) -> Box<dyn Memory> {
        Box::new(Failing { rule: self, seen: Tries::default() })
    }
}

impl fmt::Display for FailFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.tries, Status(self.status))
    }
}

#[derive(Debug)]
struct Failing {
    rule: FailFirst,
    seen: Tries,
}

impl Memory for Failing {
    fn effect(&self, turn: Turn<'_>, _: &mut Draws) -> Option<Effect> {
        let fails = match turn.subject.attempt() {
            Some(attempt) => attempt <= self.rule.tries,
            None => self.seen.is_among_first(self.rule.tries, turn.subject, turn.now),
        };
        // Another try may be better off at once.
        fails.then(|| answer(self.rule.status, Duration::ZERO))
    }
}
