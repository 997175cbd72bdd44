//! Requests at a constant rate, and what became of each.
//!
//! The generator is *open loop*: request `i` is due at `i / rate` after the start, whether or not earlier ones have been
//! answered, and its latency counts from when it was due. A server that stalls for a second therefore shows a second of
//! slow requests, and not the single slow one that a client sees which waits for each answer (coordinated omission).

mod connection;
mod descriptors;
mod end;
mod failure;
mod generator;
mod latencies;
mod outcome;
mod pacer;
mod plan;
mod pool;
mod progress;
mod request;
mod result;
mod single;
mod summary;
mod timeline;
mod tree;
pub mod units;

pub use connection::{Reply, get};
pub use end::{End, Ender};
pub use failure::Failure;
pub use generator::{run, run_until};
pub use latencies::{Latencies, Lateness};
pub use outcome::{Answer, FailureKind, Outcome, Sample};
pub use plan::{Address, DEFAULT_MAX_IN_FLIGHT, MAX_RATE, MAX_REQUESTS, Plan, PlanError};
pub use progress::{Progress, RunError};
pub use result::{InFlight, Traffic};
pub use single::{Answered, Question, Unanswered, ask};
pub use summary::{Quantiles, Summary, VersionCount};
pub use timeline::Bucket;
