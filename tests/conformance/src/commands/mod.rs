//! Subcommands of the program.

pub(crate) mod admission;
pub(crate) mod behaviour;
pub(crate) mod configuration;
