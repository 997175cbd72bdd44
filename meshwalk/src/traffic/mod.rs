//! Requests at a planned rate, and what became of each.
//!
//! The generator is *open loop*: each request is due at a time that the plan gives, whether or not earlier ones have been
//! answered, and its latency counts from when it was due. A server that stalls for a second therefore shows a second of
//! slow requests, and not the single slow one that a client sees which waits for each answer (coordinated omission).

mod address;
mod alarm;
mod connection;
mod connector;
mod descriptors;
mod end;
mod failure;
mod generator;
mod intervals;
mod latencies;
mod observation;
mod outcome;
mod plan;
mod plan_error;
mod progress;
mod recorder;
mod request;
mod result;
mod run_state;
mod schedule;
mod single;
mod stream_slots;
mod summary;
mod timeline;
mod tls;
mod tree;
pub mod units;
mod worker;

pub use address::Address;
pub use connection::Response;
pub use end::{End, Ender};
pub use failure::Failure;
pub use generator::{run, run_until};
pub use latencies::{Latencies, Lateness};
pub use observation::Observation;
pub use outcome::{Answer, FailureKind, Outcome, Sample};
pub use plan::{DEFAULT_CONNECTIONS, DEFAULT_MAX_IN_FLIGHT, MAX_RATE, MAX_REQUESTS, Plan, UNLIMITED};
pub use plan_error::PlanError;
pub use progress::{Progress, RunError};
pub use recorder::{Group, Recording};
pub use result::{InFlight, TrafficResult};
pub use schedule::Arrivals;
pub use single::{SingleError, SingleRequest, SingleResponse, ask, get, send};
pub use summary::{Quantiles, Summary, VersionCount};
pub use timeline::Bucket;
pub use tls::{Tls, TlsError};
