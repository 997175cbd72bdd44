//! Namespace (v1).

use super::{
    metadata::{METADATA, STATUS},
    table::{Effect::WithoutEffect, Group, Rule},
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, NAMESPACE];

const NAMESPACE: &[Group] = &[Group {
    under: &["spec"],
    rules: &[Rule("finalizers", WithoutEffect("here a deleted namespace is gone at once"))],
}];
