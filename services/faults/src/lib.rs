//! The language of fault rules: what a text means, and what is wrong with one that means nothing.
//!
//! It is here and nowhere else, so that whoever sends a rule (a lab, the command line) and whoever carries it out (a
//! service) understand the same. What a rule does when it is in force is no part of it, and neither is what a process
//! allows itself: nothing here waits, draws, counts or looks at a request.
//!
//! - [`Rule::parse_all`] reads rules; [`Rule::parse_for_run_time`] reads them for a process that runs already. A
//!   [`ParseError`] has the place of what is wrong, and a remedy.
//! - [`MODES`] is the table of modes. A [`Mode`] is one with its argument, as data that displays as it is written.
//! - [`help`] and [`markdown`] describe the language; they are made from the tables that the parser reads.

mod bytes;
mod error;
mod glob;
mod keys;
mod modes;
mod quantity;
mod rule;
mod scope;
mod syntax;

pub use bytes::{ByteCount, ByteRate, parse_amount};
pub use error::ParseError;
pub use glob::Glob;
pub use modes::{
    Connection, Context, Cores, Delay, Exit, FailFirst, Flap, History, Latch, Level, Life, Load, LogNormal, MODES,
    Mode, ModeRow, ModeSpec, Normal, Period, Probe, Quantiles, RateLimit, Response, Shaping, Shutdown, Statuses,
    Timing, help, markdown, modes,
};
pub use quantity::{Millionths, Percent, Written, duration};
pub use rule::{Rule, When};
pub use scope::Scope;
pub use syntax::Quoted;

/// The header with which a request brings rules of its own.
pub const INJECT_HEADER: &str = "x-meshwalk-inject";
