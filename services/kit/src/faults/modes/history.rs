//! Memories of the modes that depend on earlier requests, or on the time.

mod fail_first;
mod flap;
mod latch;
mod rate_limit;

use std::time::{Duration, Instant};

use http::StatusCode;
use meshwalk_faults::History;

use super::{Effect, behavior::Memory};

use fail_first::Failing;
use flap::Flapping;
use latch::Latched;
use rate_limit::Bucket;

/// Memory of a rule that begins at this time.
pub(super) fn memory(history: &History, begins: Instant) -> Box<dyn Memory> {
    match history {
        History::FailFirst(rule) => Box::new(Failing::new(*rule)),
        History::Latch(rule) => Box::new(Latched::new(*rule)),
        History::Flap(rule) => Box::new(Flapping::new(*rule, begins)),
        History::RateLimit(rule) => Box::new(Bucket::new(*rule, begins)),
    }
}

/// An error response. `again` is the time after which another attempt may succeed.
fn answer(status: StatusCode, again: Duration) -> Effect {
    let expects_a_time = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
    Effect::Answer { status, retry_after: expects_a_time.then_some(again) }
}
