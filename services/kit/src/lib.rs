//! What every Meshwalk service shares: configuration, telemetry, propagation, faults, health and drain.
//!
//! A service is a [`Program`] with a name and, if it has any, routes of its own. Everything from the command line to the
//! exit code is here.

mod admin;
mod app;
mod body;
pub mod config;
pub mod faults;
pub mod health;
pub mod hello;
pub mod identity;
mod inbound;
pub mod net;
mod observe;
mod peer;
mod program;
pub mod propagation;
pub mod server;
mod signals;
pub mod telemetry;
mod upstream;

pub use program::Program;
