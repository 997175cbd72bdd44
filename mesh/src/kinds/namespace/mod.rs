//! Namespace (v1).

mod fields;
pub(super) mod model;
mod references;

use self::model::Namespace;
use crate::{
    kinds::{ReferenceCheck, Spec},
    manifest::fields::Group,
};

impl Spec for Namespace {
    const API_VERSIONS: &'static [&'static str] = &["v1"];
    const NAMESPACED: bool = false;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
    const CHECK_REFERENCES: ReferenceCheck = references::check;
}
