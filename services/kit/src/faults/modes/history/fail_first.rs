//! `fail-first`: the first attempts of each request fail, so that a retry succeeds.

mod tries;

use std::time::Duration;

use meshwalk_faults::FailFirst;

use super::answer;
use crate::faults::{
    draw::Draws,
    modes::{
        Effect,
        behavior::{Memory, RequestContext},
    },
};
use tries::Tries;

/// Memory of requests whose first attempts fail.
#[derive(Debug)]
pub(super) struct Failing {
    rule: FailFirst,
    seen: Tries,
}

impl Failing {
    pub(super) fn new(rule: FailFirst) -> Self {
        Self { rule, seen: Tries::default() }
    }
}

impl Memory for Failing {
    fn effect(&self, context: RequestContext<'_>, _: &mut Draws) -> Option<Effect> {
        let fails = match context.view.attempt() {
            Some(attempt) => attempt <= self.rule.tries,
            None => self.seen.is_among_first(self.rule.tries, context.view, context.now),
        };
        // The next attempt may succeed at once.
        fails.then(|| answer(self.rule.status, Duration::ZERO))
    }
}
