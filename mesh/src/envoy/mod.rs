//! The Envoy program: which one, and what is asked of it beside serving.

pub mod admin;
pub mod fetch;
pub mod find;
pub mod pin;
pub mod validate;
