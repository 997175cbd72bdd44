//! Integration tests of this crate: every case on a local mesh, compared with Istio's documentation.
#![allow(clippy::unwrap_used)]

mod admission;
mod cases;
mod lists;
