//! Fields of VirtualService (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, WithoutEffect},
    FieldRule, Group, METADATA, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, VIRTUAL_SERVICE, ROUTE, TRAFFIC];

const VIRTUAL_SERVICE: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            FieldRule("{hosts,gateways}[]", Translated),
            FieldRule("exportTo[]", Only(&["*"], "remove it; every local resource is visible in every namespace")),
            FieldRule("tcp", Rejected("use http; TCP routes are not supported")),
            FieldRule("tls", Rejected("use http; TLS routes are not supported")),
        ],
    },
    Group {
        under: &["spec.http[].match[]"],
        rules: &[
            FieldRule("{uri,scheme,method,authority}.{exact,prefix,regex}", Translated),
            FieldRule("{headers,withoutHeaders,queryParams}{}.{exact,prefix,regex}", Translated),
            FieldRule("{name,ignoreUriCase,port,sourceNamespace}", Translated),
            FieldRule("sourceLabels{}", Translated),
            FieldRule("gateways[]", Translated),
            FieldRule("statPrefix", WithoutEffect("metrics have Istio's names, without a prefix for a route")),
        ],
    },
];

const ROUTE: &[Group] = &[
    Group {
        under: &["spec.http[]"],
        rules: &[
            FieldRule("{name,timeout}", Translated),
            FieldRule("route[].weight", Translated),
            FieldRule("corsPolicy", Rejected("remove it; CORS is not supported")),
            FieldRule("delegate", Rejected("write the delegated routes here; delegation is not supported")),
        ],
    },
    Group {
        under: &["spec.http[].route[].destination", "spec.http[].mirror", "spec.http[].mirrors[].destination"],
        rules: &[FieldRule("{host,subset,port.number}", Translated)],
    },
    Group {
        under: &["spec.http[].headers", "spec.http[].route[].headers"],
        rules: &[
            FieldRule("{request,response}.{add,set}{}", Translated),
            FieldRule("{request,response}.remove[]", Translated),
        ],
    },
];

const TRAFFIC: &[Group] = &[
    Group {
        under: &["spec.http[]"],
        rules: &[
            FieldRule("retries.{attempts,backoff,perTryTimeout,retryIgnorePreviousHosts,retryOn}", Translated),
            FieldRule("retries.retryRemoteLocalities", WithoutEffect("all pods are on one machine")),
            FieldRule("{mirrorPercentage,mirrors[].percentage}.value", Translated),
            FieldRule(
                "{mirrorPercent,mirror_percent}",
                Rejected("write mirrorPercentage: {value: …}, which replaces it"),
            ),
            FieldRule("rewrite.{authority,uri,uriRegexRewrite.match,uriRegexRewrite.rewrite}", Translated),
            FieldRule("redirect.{authority,port,redirectCode,scheme,uri}", Translated),
            FieldRule("redirect.derivePort", Rejected("write the port; deriving it is not supported")),
            FieldRule(
                "redirect.prefixRewrite",
                Rejected("write the whole uri; replacing only the prefix is not supported"),
            ),
            FieldRule("directResponse.{status,body.string}", Translated),
            FieldRule("directResponse.body.bytes", Rejected("write the body as a string")),
        ],
    },
    Group {
        under: &["spec.http[].fault"],
        rules: &[
            FieldRule("{delay,abort}.percentage.value", Translated),
            FieldRule("delay.fixedDelay", Translated),
            FieldRule("abort.{httpStatus,grpcStatus}", Translated),
            FieldRule("delay.percent", Rejected("write percentage: {value: …}, which replaces it")),
            FieldRule("delay.exponentialDelay", Rejected("write fixedDelay; Envoy has no exponential delay")),
            FieldRule("abort.http2Error", Rejected("write httpStatus; Envoy cannot abort with an HTTP/2 error code")),
        ],
    },
];
