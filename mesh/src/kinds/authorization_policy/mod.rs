//! AuthorizationPolicy (security.istio.io).

mod admission;
mod fields;
pub(super) mod model;
mod references;

use self::model::AuthorizationPolicy;
use crate::{
    kinds::{AdmissionCheck, ReferenceCheck, SECURITY, Spec},
    manifest::fields::Group,
};

impl Spec for AuthorizationPolicy {
    const API_VERSIONS: &'static [&'static str] = SECURITY;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
    const CHECK_ADMISSION: AdmissionCheck<Self> = admission::check;
    const CHECK_REFERENCES: ReferenceCheck = references::check;
}
