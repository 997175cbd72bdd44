//! Service (v1).

mod fields;
pub(super) mod model;
mod references;

use self::model::Service;
use crate::{
    kinds::{ReferenceCheck, Spec},
    manifest::fields::Group,
};

impl Spec for Service {
    const API_VERSIONS: &'static [&'static str] = &["v1"];
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
    const CHECK_REFERENCES: ReferenceCheck = references::check;
}
