//! Tests of the mesh from outside: files in, behaviour out.

#![allow(clippy::unwrap_used)]

mod fields;
mod folders;
mod reading;
mod runtime;
mod sample;
mod translation;
