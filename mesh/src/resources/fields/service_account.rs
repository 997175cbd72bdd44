//! ServiceAccount (v1).

use super::{
    metadata::METADATA,
    table::{Effect::WithoutEffect, Group, Rule},
};

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
