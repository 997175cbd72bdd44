//! One module per command: its arguments, and what it does with them.

pub mod apply;
pub mod config;
pub mod delete;
pub mod down;
pub mod load;
pub mod named;
pub mod status;
mod table;
pub mod trace;
