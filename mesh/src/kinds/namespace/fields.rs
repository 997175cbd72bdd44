//! Namespace (v1).

use crate::manifest::fields::{Effect::WithoutEffect, Group, METADATA, Rule, STATUS};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, NAMESPACE];

const NAMESPACE: &[Group] = &[Group {
    under: &["spec"],
    rules: &[Rule("finalizers", WithoutEffect("here a deleted namespace is gone at once"))],
}];
