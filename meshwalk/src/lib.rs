//! The walkthrough's command line as a library: traffic, evidence, statistics, labs and their report.

pub mod checks;
pub mod cli;
pub mod commands;
pub mod engine;
pub mod evidence;
pub mod lab;
pub mod namespace;
pub mod platform;
pub mod quantity;
mod reader;
pub mod report;
pub mod stats;
pub mod traffic;
