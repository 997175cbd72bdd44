//! The local mesh: Kubernetes and Istio resources become processes, certificates and Envoy configuration.
//!
//! The way of a file through this crate: [`resources`] reads and checks it, [`topology`] says which pods exist
//! and where, [`translate`] makes each proxy's configuration of the two, and [`runtime`] starts the processes and
//! brings changes to them. [`control`] is how other programs speak with a mesh that runs.

pub mod control;
pub mod envoy;
pub mod identity;
pub mod kinds;
pub mod manifest;
pub mod pods;
pub mod progress;
pub mod resources;
pub mod run_folder;
pub mod runtime;
pub mod telemetry;
pub mod topology;
pub mod translate;
