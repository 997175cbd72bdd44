//! Gateways of Istio.

mod admission;
mod fields;
pub(super) mod model;
mod references;

use meshwalk_yaml::Diagnostic;

use self::model::Gateway;
use crate::{
    kinds::{NETWORKING, Resources, Spec},
    manifest::{Checker, Object, fields::Group},
};

impl Spec for Gateway {
    const API_VERSIONS: &'static [&'static str] = NETWORKING;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;

    fn check_admission(object: &Object<Self>, checker: &mut Checker) {
        admission::check(object, checker);
    }

    fn check_references(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
        references::check(set, diagnostics);
    }
}
