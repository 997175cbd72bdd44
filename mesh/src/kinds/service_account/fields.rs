//! Fields of ServiceAccount (v1).

use crate::manifest::fields::{Effect::WithoutEffect, FieldRule, Group, METADATA};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, SERVICE_ACCOUNT];

const SERVICE_ACCOUNT: &[Group] = &[Group {
    under: &[""],
    rules: &[
        FieldRule(
            "{automountServiceAccountToken,secrets}",
            WithoutEffect("the local mesh has no Kubernetes API that accepts a token"),
        ),
        FieldRule("imagePullSecrets", WithoutEffect("the programs are on this machine; no image is pulled")),
    ],
}];
