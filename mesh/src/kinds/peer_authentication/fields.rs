//! Fields of PeerAuthentication (security.istio.io).

use crate::manifest::fields::{Effect::Translated, Group, METADATA, Rule, STATUS};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, PEER_AUTHENTICATION];

const PEER_AUTHENTICATION: &[Group] = &[Group {
    under: &["spec"],
    rules: &[
        Rule("selector.matchLabels{}", Translated),
        Rule("mtls.mode", Translated),
        Rule("portLevelMtls{}.mode", Translated),
    ],
}];
