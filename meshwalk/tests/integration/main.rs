//! The one integration test binary of this crate: the promises that need a network or a process.
#![allow(clippy::unwrap_used)]

mod cluster;
mod evidence;
mod exit_codes;
mod faults;
mod labs;
mod load;
mod traffic;
