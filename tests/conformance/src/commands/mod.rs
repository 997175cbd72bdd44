//! What the program can do.

pub(crate) mod admission;
pub(crate) mod behaviour;
pub(crate) mod configuration;
