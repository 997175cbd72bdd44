//! Fields of ServiceAccount (v1).

use crate::manifest::fields::{Effect::WithoutEffect, Group, METADATA, Rule};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, SERVICE_ACCOUNT];

const SERVICE_ACCOUNT: &[Group] = &[Group {
    under: &[""],
    rules: &[
        Rule(
            "{automountServiceAccountToken,secrets}",
            WithoutEffect("the local mesh has no Kubernetes API that accepts a token"),
        ),
        Rule("imagePullSecrets", WithoutEffect("the programs are on this machine; no image is pulled")),
    ],
}];
