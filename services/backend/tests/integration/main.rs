//! The program as a platform runs it: command line, environment, log, signals and exit code.
#![allow(clippy::unwrap_used)]

mod cardinality;
mod descriptors;
mod ending;
mod limit_actions;
mod log_reader;
mod logging;
mod lost_spans;
mod memory;
mod peer;
mod process;
mod process_faults;
mod spans;
mod usage;
