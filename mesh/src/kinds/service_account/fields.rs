//! ServiceAccount (v1).

use crate::manifest::fields::{Effect::WithoutEffect, Group, METADATA, Rule};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, SERVICE_ACCOUNT];

const SERVICE_ACCOUNT: &[Group] = &[Group {
    under: &[""],
    rules: &[
        Rule(
            "{automountServiceAccountToken,secrets}",
            WithoutEffect("there is no Kubernetes API here that a token would open"),
        ),
        Rule("imagePullSecrets", WithoutEffect("the programs are on this machine; no image is pulled")),
    ],
}];
