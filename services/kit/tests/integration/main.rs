//! Services as their callers and platforms see them, over real sockets.
#![allow(clippy::unwrap_used)]

mod bodies;
mod bodies_http2;
mod cancelled_calls;
mod caps;
mod client;
mod collectors;
mod connections;
mod control_port;
mod direct_hello;
mod draining;
mod echo;
mod failures;
mod fault_reach;
mod faults;
mod hello_schema;
mod host;
mod http2_frames;
mod limits;
mod metrics_page;
mod partial_input;
mod probes;
mod propagation;
mod service;
mod sink;
mod sockets;
mod spans;
mod stalled_clients;
mod trace_context;
mod tree;
mod wire_faults;
