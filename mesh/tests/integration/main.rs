//! Tests of the mesh from outside: files in, behaviour out.

#![allow(clippy::unwrap_used)]

mod fields;
mod reading;
