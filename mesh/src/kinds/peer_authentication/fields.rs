//! Fields of PeerAuthentication (security.istio.io).

use crate::manifest::fields::{Effect::Translated, FieldRule, Group, METADATA, STATUS};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, PEER_AUTHENTICATION];

const PEER_AUTHENTICATION: &[Group] = &[Group {
    under: &["spec"],
    rules: &[
        FieldRule("selector.matchLabels{}", Translated),
        FieldRule("mtls.mode", Translated),
        FieldRule("portLevelMtls{}.mode", Translated),
    ],
}];
