//! The local mesh: Kubernetes and Istio resources become processes, certificates and Envoy configuration.
//!
//! [`resources`] reads and checks the files, [`topology`] lists the pods and their addresses, and [`translate`] makes
//! each proxy's configuration. [`runtime`] starts the processes and applies changes. [`control`] is the client of a
//! running mesh.

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
