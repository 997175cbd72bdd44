//! VirtualServices.

mod admission;
mod fields;
mod http_route;
mod http_traffic;
pub(super) mod model;
mod references;
mod virtual_hosts;

use meshwalk_yaml::Diagnostic;

use self::model::VirtualService;
use crate::{
    kinds::{NETWORKING, Resources, Spec},
    manifest::{Checker, Object, fields::Group},
};
pub(super) use admission::SUBSET_HELP;

impl Spec for VirtualService {
    const API_VERSIONS: &'static [&'static str] = NETWORKING;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;

    fn check_admission(object: &Object<Self>, checker: &mut Checker) {
        admission::check(object, checker);
    }

    fn check_references(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
        virtual_hosts::check(set, diagnostics);
        references::check(set, diagnostics);
    }
}
