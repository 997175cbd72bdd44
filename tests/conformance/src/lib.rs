//! Conformance: applies the same resources to the local mesh and to Istio, and compares the effects.
//!
//! A [`case`] is data: Istio resources, and probes with the results that Istio's documentation describes. A [`bed`] is
//! a mesh on which cases run. The [`suite`] applies a case's resources and probes until the expectations are met. It
//! records everything [`observed`], so that [`differences`] between the meshes show even without an expectation.
//! Intended differences are listed in [`intended`].

pub mod admission;
pub mod bed;
pub mod case;
pub mod configuration;
pub mod differences;
pub mod expect;
pub mod intended;
pub mod names;
pub mod observed;
pub mod suite;

use std::path::{Path, PathBuf};

/// Returns the project's folder.
#[must_use]
pub fn project() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}
