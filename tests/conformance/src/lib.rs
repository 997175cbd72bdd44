//! Conformance: applies the same resources to the local mesh and to Istio, and compares the effects.
//!
//! A [`case`] is data: Istio resources, and probes with the results that Istio's documentation describes. A [`test_mesh`]
//! is a mesh on which cases run. The [`suite`] applies a case's resources and probes until the expectations are met. It
//! records each [`observation`], so that [`differences`] between the meshes show even without an expectation. Intended
//! differences are listed in [`intended_differences`].

pub mod admission;
pub mod case;
pub mod configuration;
pub mod differences;
pub mod expect;
pub mod intended_differences;
pub mod names;
pub mod observation;
pub mod suite;
pub mod test_mesh;

use std::path::{Path, PathBuf};

/// Returns the project's folder.
#[must_use]
pub fn project() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}
