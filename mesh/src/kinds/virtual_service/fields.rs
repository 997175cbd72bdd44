//! Fields of VirtualService (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, VIRTUAL_SERVICE, ROUTE, TRAFFIC];

const VIRTUAL_SERVICE: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            Rule("{hosts,gateways}[]", Translated),
            Rule("exportTo[]", Only(&["*"], "remove it; every local resource is visible in every namespace")),
            Rule("tcp", Rejected("use http; TCP routes are not supported")),
            Rule("tls", Rejected("use http; TLS routes are not supported")),
        ],
    },
    Group {
        under: &["spec.http[].match[]"],
        rules: &[
            Rule("{uri,scheme,method,authority}.{exact,prefix,regex}", Translated),
            Rule("{headers,withoutHeaders,queryParams}{}.{exact,prefix,regex}", Translated),
            Rule("{name,ignoreUriCase,port,sourceNamespace}", Translated),
            Rule("sourceLabels{}", Translated),
            Rule("gateways[]", Translated),
            Rule("statPrefix", WithoutEffect("metrics have Istio's names, without a prefix for a route")),
        ],
    },
];

const ROUTE: &[Group] = &[
    Group {
        under: &["spec.http[]"],
        rules: &[
            Rule("{name,timeout}", Translated),
            Rule("route[].weight", Translated),
            Rule("corsPolicy", Rejected("remove it; CORS is not supported")),
            Rule("delegate", Rejected("write the delegated routes here; delegation is not supported")),
        ],
    },
    Group {
        under: &["spec.http[].route[].destination", "spec.http[].mirror", "spec.http[].mirrors[].destination"],
        rules: &[Rule("{host,subset,port.number}", Translated)],
    },
    Group {
        under: &["spec.http[].headers", "spec.http[].route[].headers"],
        rules: &[Rule("{request,response}.{add,set}{}", Translated), Rule("{request,response}.remove[]", Translated)],
    },
];

const TRAFFIC: &[Group] = &[
    Group {
        under: &["spec.http[]"],
        rules: &[
            Rule("retries.{attempts,backoff,perTryTimeout,retryIgnorePreviousHosts,retryOn}", Translated),
            Rule("retries.retryRemoteLocalities", WithoutEffect("all pods are on one machine")),
            Rule("{mirrorPercentage,mirrors[].percentage}.value", Translated),
            Rule("{mirrorPercent,mirror_percent}", Rejected("write mirrorPercentage: {value: …}, which replaces it")),
            Rule("rewrite.{authority,uri,uriRegexRewrite.match,uriRegexRewrite.rewrite}", Translated),
            Rule("redirect.{authority,port,redirectCode,scheme,uri}", Translated),
            Rule("redirect.derivePort", Rejected("write the port; deriving it is not supported")),
            Rule("redirect.prefixRewrite", Rejected("write the whole uri; replacing only the prefix is not supported")),
            Rule("directResponse.{status,body.string}", Translated),
            Rule("directResponse.body.bytes", Rejected("write the body as a string")),
        ],
    },
    Group {
        under: &["spec.http[].fault"],
        rules: &[
            Rule("{delay,abort}.percentage.value", Translated),
            Rule("delay.fixedDelay", Translated),
            Rule("abort.{httpStatus,grpcStatus}", Translated),
            Rule("delay.percent", Rejected("write percentage: {value: …}, which replaces it")),
            Rule("delay.exponentialDelay", Rejected("write fixedDelay; Envoy has no exponential delay")),
            Rule("abort.http2Error", Rejected("write httpStatus; Envoy cannot abort with an HTTP/2 error code")),
        ],
    },
];
