//! The walkthrough's command line as a library: traffic, evidence, statistics, labs and their report.

pub mod cli;
pub mod commands;
pub mod evidence;
pub mod stats;
pub mod traffic;
