//! AuthorizationPolicies.

mod admission;
mod fields;
pub(super) mod model;
mod references;

use meshwalk_yaml::Diagnostic;

use self::model::AuthorizationPolicy;
use crate::{
    kinds::{Resources, SECURITY, Spec},
    manifest::{Checker, Object, fields::Group},
};

impl Spec for AuthorizationPolicy {
    const API_VERSIONS: &'static [&'static str] = SECURITY;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;

    fn check_admission(object: &Object<Self>, checker: &mut Checker) {
        admission::check(object, checker);
    }

    fn check_references(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
        references::check(set, diagnostics);
    }
}
