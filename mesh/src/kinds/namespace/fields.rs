//! Fields of Namespace (v1).

use crate::manifest::fields::{Effect::WithoutEffect, Group, METADATA, Rule, STATUS};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, NAMESPACE];

const NAMESPACE: &[Group] = &[Group {
    under: &["spec"],
    rules: &[Rule("finalizers", WithoutEffect("the local mesh removes a deleted namespace at once"))],
}];
