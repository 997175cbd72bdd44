//! VirtualService (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Only, Refused, Translated, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, VIRTUAL_SERVICE, ROUTE, TRAFFIC];

const VIRTUAL_SERVICE: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            Rule("{hosts,gateways}[]", Translated),
            Rule("exportTo[]", Only(&["*"], "leave it out: every resource is visible in every namespace here")),
            Rule("tcp", Refused("use http: TCP routes are not understood")),
            Rule("tls", Refused("use http: TLS routes are not understood")),
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
            Rule(
                "statPrefix",
                WithoutEffect("requests are counted under Istio's names, which have no prefix of a route"),
            ),
        ],
    },
];

const ROUTE: &[Group] = &[
    Group {
        under: &["spec.http[]"],
        rules: &[
            Rule("{name,timeout}", Translated),
            Rule("route[].weight", Translated),
            Rule("corsPolicy", Refused("leave it out: CORS is not understood")),
            Rule("delegate", Refused("write the delegated routes here: delegation is not understood")),
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
            Rule("retries.retryRemoteLocalities", WithoutEffect("all pods are on one machine, so none is remote")),
            Rule("{mirrorPercentage,mirrors[].percentage}.value", Translated),
            Rule("{mirrorPercent,mirror_percent}", Refused("write mirrorPercentage: {value: …}, which took its place")),
            Rule("rewrite.{authority,uri,uriRegexRewrite.match,uriRegexRewrite.rewrite}", Translated),
            Rule("redirect.{authority,port,redirectCode,scheme,uri}", Translated),
            Rule("redirect.derivePort", Refused("write the port: deriving it is not understood")),
            Rule("redirect.prefixRewrite", Refused("write the whole uri: replacing only the prefix is not understood")),
            Rule("directResponse.{status,body.string}", Translated),
            Rule("directResponse.body.bytes", Refused("write the body as a string")),
        ],
    },
    Group {
        under: &["spec.http[].fault"],
        rules: &[
            Rule("{delay,abort}.percentage.value", Translated),
            Rule("delay.fixedDelay", Translated),
            Rule("abort.{httpStatus,grpcStatus}", Translated),
            Rule("delay.percent", Refused("write percentage: {value: …}, which took its place")),
            Rule("delay.exponentialDelay", Refused("write fixedDelay: Envoy has no exponential delay")),
            Rule("abort.http2Error", Refused("write httpStatus: Envoy cannot abort with an HTTP/2 error code")),
        ],
    },
];
