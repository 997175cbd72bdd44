//! The one integration test binary of this crate: every case on a local mesh, against what Istio's documentation says.
#![allow(clippy::unwrap_used)]

mod admission;
mod cases;
mod lists;
