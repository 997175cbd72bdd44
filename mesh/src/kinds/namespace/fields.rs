//! Fields of Namespace (v1).

use crate::manifest::fields::{Effect::WithoutEffect, FieldRule, Group, METADATA, STATUS};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, NAMESPACE];

const NAMESPACE: &[Group] = &[Group {
    under: &["spec"],
    rules: &[FieldRule("finalizers", WithoutEffect("the local mesh removes a deleted namespace at once"))],
}];
