//! Fields of AuthorizationPolicy (security.istio.io).

use crate::manifest::fields::{
    Effect::{Rejected, Translated, TranslatedIf},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, AUTHORIZATION_POLICY];

const AUTHORIZATION_POLICY: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            Rule("selector.matchLabels{}", Translated),
            Rule(
                "action",
                TranslatedIf(
                    &["ALLOW", "DENY"],
                    "write ALLOW or DENY; AUDIT and CUSTOM need a provider that the local mesh does not have",
                ),
            ),
            Rule("provider", Rejected("remove it; external authorizers are not supported")),
            Rule("{targetRef,targetRefs}", Rejected("use a selector; waypoints and the Gateway API are not supported")),
            Rule("rules[].when[].{key,values[],notValues[]}", Translated),
        ],
    },
    Group {
        under: &["spec.rules[].from[].source"],
        rules: &[
            Rule("{principals,notPrincipals,namespaces,notNamespaces}[]", Translated),
            Rule(
                "{serviceAccounts,notServiceAccounts}",
                Rejected("use principals, as \"cluster.local/ns/NAMESPACE/sa/SERVICEACCOUNT\""),
            ),
            Rule("{trustDomains,notTrustDomains}", Rejected("use principals; the only trust domain is cluster.local")),
            Rule(
                "{requestPrincipals,notRequestPrincipals}",
                Rejected("use principals; request identities need a RequestAuthentication, which is not supported"),
            ),
            Rule(
                "{ipBlocks,notIpBlocks,remoteIpBlocks,notRemoteIpBlocks}",
                Rejected("use principals or namespaces; addresses in the loopback network differ with every run"),
            ),
        ],
    },
    Group {
        under: &["spec.rules[].to[].operation"],
        rules: &[
            Rule("{hosts,notHosts,ports,notPorts}[]", Translated),
            Rule("{methods,notMethods,paths,notPaths}[]", Translated),
        ],
    },
];
