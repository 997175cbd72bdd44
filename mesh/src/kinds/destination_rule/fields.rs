//! Fields of DestinationRule (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, TranslatedIf, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, DESTINATION_RULE, POLICY, BALANCING, LIMITS];

/// Paths of traffic policies.
const POLICIES: &[&str] = &[
    "spec.trafficPolicy",
    "spec.trafficPolicy.portLevelSettings[]",
    "spec.subsets[].trafficPolicy",
    "spec.subsets[].trafficPolicy.portLevelSettings[]",
];

const DESTINATION_RULE: &[Group] = &[
    Group {
        under: &["spec"],
        rules: &[
            Rule("host", Translated),
            Rule("subsets[].name", Translated),
            Rule("subsets[].labels{}", Translated),
            Rule("exportTo[]", Only(&["*"], "remove it; every local resource is visible in every namespace")),
            Rule("workloadSelector", Rejected("remove it; a local rule applies to every caller")),
        ],
    },
    Group {
        under: &["spec.trafficPolicy", "spec.subsets[].trafficPolicy"],
        rules: &[
            Rule("portLevelSettings[].port.number", Translated),
            Rule("proxyProtocol", Rejected("remove it; the PROXY protocol is not supported")),
            Rule("retryBudget", Rejected("use connectionPool.http.maxRetries; retry budgets are not supported")),
            Rule("tunnel", Rejected("remove it; tunnels are not supported")),
        ],
    },
];

const POLICY: &[Group] = &[Group {
    under: POLICIES,
    rules: &[
        Rule(
            "tls.mode",
            TranslatedIf(
                &["DISABLE", "ISTIO_MUTUAL"],
                "write ISTIO_MUTUAL or DISABLE; local servers have only the mesh's certificates",
            ),
        ),
        Rule("tls.{sni,subjectAltNames[]}", Translated),
        Rule(
            "tls.{caCertificates,caCrl,clientCertificate,credentialName,insecureSkipVerify,privateKey}",
            Rejected("remove it; connections use the mesh's certificates"),
        ),
    ],
}];

const BALANCING: &[Group] = &[
    Group {
        under: POLICIES,
        rules: &[
            Rule(
                "loadBalancer.simple",
                TranslatedIf(
                    &["UNSPECIFIED", "LEAST_REQUEST", "LEAST_CONN", "RANDOM", "ROUND_ROBIN"],
                    "write LEAST_REQUEST, RANDOM or ROUND_ROBIN; local callers have no original destination",
                ),
            ),
            Rule("loadBalancer.{localityLbSetting,zoneAwareLbSetting}", WithoutEffect("all pods are on one machine")),
            Rule("loadBalancer.{warmup,warmupDurationSecs}", Rejected("remove it; slow start is not supported")),
        ],
    },
    Group {
        under: &[
            "spec.trafficPolicy.loadBalancer.consistentHash",
            "spec.trafficPolicy.portLevelSettings[].loadBalancer.consistentHash",
            "spec.subsets[].trafficPolicy.loadBalancer.consistentHash",
            "spec.subsets[].trafficPolicy.portLevelSettings[].loadBalancer.consistentHash",
        ],
        rules: &[
            Rule("{httpHeaderName,httpQueryParameterName,useSourceIp}", Translated),
            Rule("httpCookie.{name,path,ttl}", Translated),
            Rule("httpCookie.attributes", Rejected("remove it; attributes of the cookie are not supported")),
            Rule("{maglev.tableSize,ringHash.minimumRingSize}", Translated),
            Rule("minimumRingSize", Rejected("write ringHash: {minimumRingSize: …}, which replaces it")),
        ],
    },
];

const LIMITS: &[Group] = &[Group {
    under: POLICIES,
    rules: &[
        Rule("connectionPool.tcp.{connectTimeout,maxConnectionDuration,maxConnections}", Translated),
        Rule("connectionPool.tcp.tcpKeepalive.{interval,probes,time}", Translated),
        Rule(
            "connectionPool.tcp.idleTimeout",
            Rejected("use connectionPool.http.idleTimeout; all local ports use HTTP"),
        ),
        Rule("connectionPool.http.{h2UpgradePolicy,http1MaxPendingRequests,http2MaxRequests,idleTimeout}", Translated),
        Rule(
            "connectionPool.http.{maxConcurrentStreams,maxRequestsPerConnection,maxRetries,useClientProtocol}",
            Translated,
        ),
        Rule(
            "connectionPool.http.http2KeepAlive",
            Rejected("use connectionPool.tcp.tcpKeepalive; HTTP/2 pings are not supported"),
        ),
        Rule(
            "outlierDetection.{baseEjectionTime,consecutive5xxErrors,consecutiveGatewayErrors,interval,maxEjectionPercent}",
            Translated,
        ),
        Rule(
            "outlierDetection.{consecutiveLocalOriginFailures,minHealthPercent,splitExternalLocalOriginErrors}",
            Translated,
        ),
        Rule("outlierDetection.consecutiveErrors", Rejected("write consecutive5xxErrors, which replaces it")),
        Rule(
            "outlierDetection.outlierDetectionHttpErrorCodes",
            Rejected("remove it; only 5xx responses and gateway errors are counted"),
        ),
    ],
}];
