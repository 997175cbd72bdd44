//! Tables with the effect of each field of a kind's published schema, and the check of a document by them.

mod metadata;
pub mod schema;
pub mod table;
mod walk;

pub(crate) use metadata::{METADATA, STATUS};
pub use table::{Effect, Table};
pub(crate) use table::{FieldRule, Group};
pub(crate) use walk::walk;
