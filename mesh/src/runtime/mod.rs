//! The running mesh: network, processes, probes, the control server, and changes of the configuration.

mod cert_rotation;
mod change;
mod change_summary;
pub mod child;
mod config_push;
mod control_server;
mod desired;
mod envoy_program;
mod handle;
mod inspect;
mod mesh;
pub mod network;
mod options;
mod phases;
mod pod;
mod readiness;
mod reconcile;
mod rollout;
mod spawner;
mod state;
mod supervise;
mod termination;
mod validation;

pub use mesh::{Error, Mesh};
pub use options::Options;
