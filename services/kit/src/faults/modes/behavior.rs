//! How an active rule chooses its effect on a request.

use std::{fmt, time::Instant};

use http::StatusCode;
use meshwalk_faults::{Percent, Statuses, When};

use super::{Effect, ProcessFault, latency::Delays};
use crate::faults::{draw::Draws, request_view::RequestView};

/// How an active rule behaves. Whatever follows from its argument alone is computed once, at its activation.
#[derive(Debug)]
pub(in crate::faults) enum RuleBehavior {
    /// The memory decides, by earlier requests or by the time.
    Remembered(Box<dyn Memory>),
    /// Delays each request for a time of its own.
    Delayed(When, Delays),
    /// Answers with a status, or one of a weighted list.
    Answered(Statuses),
    /// Corrupts each response in its own way.
    Corrupted,
    /// Affects all requests alike.
    Always(Effect),
    /// Affects the process.
    Process(ProcessFault),
}

impl RuleBehavior {
    /// Effect on the next request, or `None`. A weighted list may spare a request that the percentage selected.
    pub(in crate::faults) fn effect(&self, context: RequestContext<'_>, draws: &mut Draws) -> Option<Effect> {
        match self {
            Self::Remembered(memory) => memory.effect(context, draws),
            _ if context.drawn == Some(false) => None,
            Self::Delayed(at, delays) => Some(Effect::Delay(*at, delays.draw(draws))),
            Self::Answered(statuses) => {
                status(statuses, draws).map(|status| Effect::Answer { status, retry_after: None })
            }
            Self::Corrupted => Some(Effect::Corrupt { seed: draws.below(u64::MAX) }),
            Self::Always(effect) => Some(*effect),
            Self::Process(_) => None,
        }
    }

    /// Effect on the process, or `None` for a rule about requests.
    pub(in crate::faults) fn process_fault(&self) -> Option<ProcessFault> {
        match self {
            Self::Process(fault) => Some(*fault),
            _ => None,
        }
    }
}

fn status(statuses: &Statuses, draws: &mut Draws) -> Option<StatusCode> {
    match statuses {
        Statuses::Single(status) => Some(*status),
        Statuses::Weighted(list) => {
            let mut drawn = draws.below(Percent::ALL.parts());
            for (status, share) in list {
                match drawn.checked_sub(share.parts()) {
                    None => return Some(*status),
                    Some(rest) => drawn = rest,
                }
            }
            None
        }
    }
}

/// State that an active rule keeps over requests. It is bounded.
pub(in crate::faults) trait Memory: fmt::Debug + Send + Sync {
    /// Effect on the next request in scope, or `None`. Every request counts, whatever other rules do to it.
    fn effect(&self, context: RequestContext<'_>, draws: &mut Draws) -> Option<Effect>;
}

/// A request, for a rule with a memory.
#[derive(Debug, Clone, Copy)]
pub(in crate::faults) struct RequestContext<'a> {
    pub(in crate::faults) view: RequestView<'a>,
    pub(in crate::faults) now: Instant,
    /// True if the percentage selected the request, or `None` for a rule without one.
    pub(in crate::faults) drawn: Option<bool>,
}
