//! The language of fault rules: parser, errors and help.
//!
//! Labs and the command line, which send rules, share it with the services, which apply them. The effects of rules and the
//! limits of a process are defined in `meshwalk-kit`: nothing here waits, draws, counts or reads a request.
//!
//! - [`Rule::parse_all`] reads rules; [`Rule::parse_for_run_time`] reads them for a running process. A [`ParseError`] has a
//!   location and a hint.
//! - [`MODES`] is the table of modes. A [`Mode`] is a mode with its argument; its display is the argument in the language.
//! - [`help()`] and [`markdown`] describe the language, from the tables that the parser reads.

mod bytes;
mod error;
mod glob;
mod help;
mod keys;
mod modes;
mod quantity;
mod rule;
mod scope;
mod syntax;

pub use bytes::{ByteCount, ByteRate, parse_amount};
pub use error::ParseError;
pub use glob::Glob;
pub use help::{ModeRow, help, markdown, modes};
pub use modes::{
    Connection, Context, Cores, Delay, Exit, FailFirst, Flap, History, Latch, Level, Life, Load, LogNormal, MODES,
    Mode, ModeSpec, Normal, Period, Probe, Quantiles, RateLimit, Response, Shaping, Shutdown, Statuses, Timing,
};
pub use quantity::{Millionths, Percent, Written, duration};
pub use rule::{Rule, When};
pub use scope::Scope;
pub use syntax::Quoted;

/// Request header that carries inline rules.
pub const INJECT_HEADER: &str = "x-meshwalk-inject";
