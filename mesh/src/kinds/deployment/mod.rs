//! Deployment (apps/v1) and its pods.

mod fields;
pub(super) mod model;
mod pod;
mod references;

use self::model::Deployment;
use crate::{
    kinds::{ReferenceCheck, Spec},
    manifest::fields::Group,
};

impl Spec for Deployment {
    const API_VERSIONS: &'static [&'static str] = &["apps/v1"];
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
    const CHECK_REFERENCES: ReferenceCheck = references::check;
}
