//! Gateway (networking.istio.io).

mod admission;
mod fields;
pub(super) mod model;
mod references;

use self::model::Gateway;
use crate::{
    kinds::{AdmissionCheck, NETWORKING, ReferenceCheck, Spec},
    manifest::fields::Group,
};

impl Spec for Gateway {
    const API_VERSIONS: &'static [&'static str] = NETWORKING;
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
    const CHECK_ADMISSION: AdmissionCheck<Self> = admission::check;
    const CHECK_REFERENCES: ReferenceCheck = references::check;
}
