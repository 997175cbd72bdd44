//! The language as the project writes it: in its documentation, its labs and its scripts.
#![allow(clippy::unwrap_used)]

mod fault_table;
mod written_rules;
