//! One module per command: its arguments, and what it does with them.

pub mod apply;
pub mod call;
mod cluster;
pub mod compare;
pub mod config;
pub mod delete;
pub mod down;
pub mod fault;
pub mod faults;
pub mod idle;
mod input;
pub mod labs;
pub mod lint;
pub mod load;
pub mod named;
pub mod own_mesh;
pub mod place;
mod progress;
pub mod project;
pub mod restart;
pub mod restore;
pub mod run;
pub mod scale;
pub mod status;
mod table;
pub mod trace;
pub mod up;
