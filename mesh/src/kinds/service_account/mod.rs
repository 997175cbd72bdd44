//! ServiceAccount (v1).

mod fields;
pub(super) mod model;

use self::model::ServiceAccount;
use crate::{kinds::Spec, manifest::fields::Group};

impl Spec for ServiceAccount {
    const API_VERSIONS: &'static [&'static str] = &["v1"];
    const FIELDS: &'static [&'static [Group]] = fields::GROUPS;
}
