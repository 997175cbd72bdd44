//! Fields of AuthorizationPolicy (security.istio.io).

use crate::manifest::fields::{
    Effect::{Rejected, Translated, TranslatedIf},
    FieldRule, Group, METADATA, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, AUTHORIZATION_POLICY];

const AUTHORIZATION_POLICY: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            FieldRule("selector.matchLabels{}", Translated),
            FieldRule(
                "action",
                TranslatedIf(
                    &["ALLOW", "DENY"],
                    "write ALLOW or DENY; AUDIT and CUSTOM need a provider that the local mesh does not have",
                ),
            ),
            FieldRule("provider", Rejected("remove it; external authorizers are not supported")),
            FieldRule(
                "{targetRef,targetRefs}",
                Rejected("use a selector; waypoints and the Gateway API are not supported"),
            ),
            FieldRule("rules[].when[].{key,values[],notValues[]}", Translated),
        ],
    },
    Group {
        under: &["spec.rules[].from[].source"],
        rules: &[
            FieldRule("{principals,notPrincipals,namespaces,notNamespaces}[]", Translated),
            FieldRule(
                "{serviceAccounts,notServiceAccounts}",
                Rejected("use principals, as \"cluster.local/ns/NAMESPACE/sa/SERVICEACCOUNT\""),
            ),
            FieldRule(
                "{trustDomains,notTrustDomains}",
                Rejected("use principals; the only trust domain is cluster.local"),
            ),
            FieldRule(
                "{requestPrincipals,notRequestPrincipals}",
                Rejected("use principals; request identities need a RequestAuthentication, which is not supported"),
            ),
            FieldRule(
                "{ipBlocks,notIpBlocks,remoteIpBlocks,notRemoteIpBlocks}",
                Rejected("use principals or namespaces; addresses in the loopback network differ with every run"),
            ),
        ],
    },
    Group {
        under: &["spec.rules[].to[].operation"],
        rules: &[
            FieldRule("{hosts,notHosts,ports,notPorts}[]", Translated),
            FieldRule("{methods,notMethods,paths,notPaths}[]", Translated),
        ],
    },
];
