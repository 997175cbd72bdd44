//! The load generator against servers whose behaviour is scripted.

mod failures;
mod pace;
pub(crate) mod server;
