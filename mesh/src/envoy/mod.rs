//! The Envoy program: finding and fetching it, validation, and its admin interface.

pub mod admin;
pub mod fetch;
pub mod find;
pub mod pin;
pub mod validate;
