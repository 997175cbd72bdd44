//! A running mesh is controlled through a Unix socket: what is said there, and the client.

pub mod client;
mod ending;
pub mod types;
pub mod unix_http;

pub use client::Client;
