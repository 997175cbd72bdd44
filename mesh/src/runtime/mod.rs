//! What runs: the network, the folder, the processes, and the changes to them.

mod change;
pub mod child;
mod delivery;
mod desired;
mod envoy_program;
pub mod folder;
mod inspect;
mod judgement;
mod leaving;
mod mesh;
pub mod network;
mod notes;
mod options;
mod phases;
mod pod;
mod readiness;
mod rollout;
mod rotation;
pub mod running;
mod shared;
mod spawner;
mod state;
mod supervise;
mod transition;

pub use mesh::{Error, Mesh};
pub use options::Options;
pub(crate) use shared::Shared;
