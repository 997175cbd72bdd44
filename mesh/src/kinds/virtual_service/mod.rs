//! VirtualService (networking.istio.io).

mod admission;
mod fields;
mod http_route;
mod http_traffic;
pub(super) mod model;
mod references;
mod virtual_hosts;

use self::model::VirtualService;
use crate::{
    kinds::{AdmissionCheck, NETWORKING, ReferenceCheck, Spec},
    manifest::fields::Group,
};
pub(super) use admission::SUBSET_HELP;

impl Spec for VirtualService {
    const API_VERSIONS: &'static [&'static str] = NETWORKING;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
    const CHECK_ADMISSION: AdmissionCheck<Self> = admission::check;
    const CHECK_REFERENCES: ReferenceCheck = |set, diagnostics| {
        virtual_hosts::check(set, diagnostics);
        references::check(set, diagnostics);
    };
}
