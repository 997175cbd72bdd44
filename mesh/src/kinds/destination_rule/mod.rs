//! DestinationRule (networking.istio.io).

mod admission;
mod fields;
mod load_balancer;
pub(super) mod model;
mod references;
mod traffic_policy;

use self::model::DestinationRule;
use crate::{
    kinds::{AdmissionCheck, NETWORKING, ReferenceCheck, Spec},
    manifest::fields::Group,
};

impl Spec for DestinationRule {
    const API_VERSIONS: &'static [&'static str] = NETWORKING;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
    const CHECK_ADMISSION: AdmissionCheck<Self> = admission::check;
    const CHECK_REFERENCES: ReferenceCheck = references::check;
}
