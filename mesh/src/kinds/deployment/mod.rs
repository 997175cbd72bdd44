//! Deployments and their pods.

mod fields;
pub(super) mod model;
mod pod;
mod references;

use meshwalk_yaml::Diagnostic;

use self::model::Deployment;
use crate::{
    kinds::{Resources, Spec},
    manifest::fields::Group,
};

impl Spec for Deployment {
    const API_VERSIONS: &'static [&'static str] = &["apps/v1"];
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;

    fn check_references(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
        references::check(set, diagnostics);
    }
}
