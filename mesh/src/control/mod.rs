//! Control API of a running mesh over a Unix socket: types and client. The server is in [`crate::runtime`].

pub mod client;
mod mesh_process;
pub mod types;
pub mod unix_http;

pub use client::Client;
