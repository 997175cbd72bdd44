//! AuthorizationPolicy (security.istio.io).

use crate::manifest::fields::{
    Effect::{Refused, Translated, TranslatedIf},
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
                    "write ALLOW or DENY: AUDIT and CUSTOM need a provider that the local mesh does not have",
                ),
            ),
            Rule("provider", Refused("leave it out: external authorizers are not understood")),
            Rule("{targetRef,targetRefs}", Refused("use a selector: waypoints and the Gateway API are not understood")),
            Rule("rules[].when[].{key,values[],notValues[]}", Translated),
        ],
    },
    Group {
        under: &["spec.rules[].from[].source"],
        rules: &[
            Rule("{principals,notPrincipals,namespaces,notNamespaces}[]", Translated),
            Rule(
                "{serviceAccounts,notServiceAccounts}",
                Refused("use principals, as \"cluster.local/ns/NAMESPACE/sa/SERVICEACCOUNT\""),
            ),
            Rule(
                "{trustDomains,notTrustDomains}",
                Refused("use principals: there is only the trust domain cluster.local"),
            ),
            Rule(
                "{requestPrincipals,notRequestPrincipals}",
                Refused("use principals: request identities need a RequestAuthentication, which is not understood"),
            ),
            Rule(
                "{ipBlocks,notIpBlocks,remoteIpBlocks,notRemoteIpBlocks}",
                Refused("use principals or namespaces: addresses in the loopback network differ with every run"),
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
