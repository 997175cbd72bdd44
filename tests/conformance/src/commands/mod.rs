//! What the program can do.

pub(crate) mod behaviour;
pub(crate) mod configuration;
