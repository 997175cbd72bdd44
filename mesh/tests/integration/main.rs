//! Tests of the mesh from outside: files in, behaviour out.

mod fields;
mod reading;
