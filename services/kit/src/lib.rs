//! What every Meshwalk service shares: configuration, telemetry, propagation, faults, health and drain.
//!
//! A service is a [`Program`] with a name and, if it has any, routes of its own. Everything from the command line to the
//! exit code is here.
//!
//! # How a program ends
//! - **0**: SIGTERM, SIGINT, SIGHUP or SIGQUIT came, no request was cut, and the last spans were sent or given up at the deadline.
//! - **1**: the start failed, requests in flight were cut at `--drain-timeout`, or a second signal came. That one ends the
//!   process at once: requests in flight are cut, and spans that have not been sent are lost.
//! - **70** (`EX_SOFTWARE`), another code or SIGABRT: the fault `crash`.
//! - **64** (`EX_USAGE` of sysexits.h): a wrong flag or variable. No port has been opened.

mod admin;
#[cfg(feature = "jemalloc")]
mod allocator;
mod app;
pub mod attempts;
mod body;
mod call_failure;
pub mod config;
mod console;
mod descriptors;
mod echo;
pub mod faults;
pub mod health;
mod hello;
mod hop_start;
mod host_check;
pub mod identity;
mod inbound;
mod known_headers;
mod limits;
mod metric_names;
pub mod net;
mod observe;
mod peer;
mod program;
pub mod propagation;
mod routes;
pub mod server;
mod signals;
pub mod telemetry;
mod upstream;

pub use program::Program;
