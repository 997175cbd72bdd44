//! Services.

mod fields;
pub(super) mod model;
mod references;

use meshwalk_yaml::Diagnostic;

use self::model::Service;
use crate::{
    kinds::{Resources, Spec},
    manifest::fields::Group,
};

impl Spec for Service {
    const API_VERSIONS: &'static [&'static str] = &["v1"];
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;

    fn check_references(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
        references::check(set, diagnostics);
    }
}
