//! Conformance: the same resources on the local mesh and on a real Istio, and what each does with them.
//!
//! A [`case`] is data: Istio resources, and probes with what Istio's documentation lets one expect. A [`bed`] is a mesh
//! to try them on. The [`suite`] puts a case's resources in force, asks until the probes show what is expected, and
//! notes all that was [`observed`], so that [`differences`] between the two meshes show even where nobody thought of
//! expecting anything. What differs on purpose stands in [`intended`].

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

/// The project's folder.
#[must_use]
pub fn project() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}
