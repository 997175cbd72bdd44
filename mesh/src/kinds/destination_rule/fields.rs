//! Fields of DestinationRule (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, TranslatedIf, WithoutEffect},
    FieldRule, Group, METADATA, STATUS,
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
            FieldRule("host", Translated),
            FieldRule("subsets[].name", Translated),
            FieldRule("subsets[].labels{}", Translated),
            FieldRule("exportTo[]", Only(&["*"], "remove it; every local resource is visible in every namespace")),
            FieldRule("workloadSelector", Rejected("remove it; a local rule applies to every caller")),
        ],
    },
    Group {
        under: &["spec.trafficPolicy", "spec.subsets[].trafficPolicy"],
        rules: &[
            FieldRule("portLevelSettings[].port.number", Translated),
            FieldRule("proxyProtocol", Rejected("remove it; the PROXY protocol is not supported")),
            FieldRule("retryBudget", Rejected("use connectionPool.http.maxRetries; retry budgets are not supported")),
            FieldRule("tunnel", Rejected("remove it; tunnels are not supported")),
        ],
    },
];

const POLICY: &[Group] = &[Group {
    under: POLICIES,
    rules: &[
        FieldRule(
            "tls.mode",
            TranslatedIf(
                &["DISABLE", "ISTIO_MUTUAL"],
                "write ISTIO_MUTUAL or DISABLE; local servers have only the mesh's certificates",
            ),
        ),
        FieldRule("tls.{sni,subjectAltNames[]}", Translated),
        FieldRule(
            "tls.{caCertificates,caCrl,clientCertificate,credentialName,insecureSkipVerify,privateKey}",
            Rejected("remove it; connections use the mesh's certificates"),
        ),
    ],
}];

const BALANCING: &[Group] = &[
    Group {
        under: POLICIES,
        rules: &[
            FieldRule(
                "loadBalancer.simple",
                TranslatedIf(
                    &["UNSPECIFIED", "LEAST_REQUEST", "LEAST_CONN", "RANDOM", "ROUND_ROBIN"],
                    "write LEAST_REQUEST, RANDOM or ROUND_ROBIN; local callers have no original destination",
                ),
            ),
            FieldRule(
                "loadBalancer.{localityLbSetting,zoneAwareLbSetting}",
                WithoutEffect("all pods are on one machine"),
            ),
            FieldRule("loadBalancer.{warmup,warmupDurationSecs}", Rejected("remove it; slow start is not supported")),
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
            FieldRule("{httpHeaderName,httpQueryParameterName,useSourceIp}", Translated),
            FieldRule("httpCookie.{name,path,ttl}", Translated),
            FieldRule("httpCookie.attributes", Rejected("remove it; attributes of the cookie are not supported")),
            FieldRule("{maglev.tableSize,ringHash.minimumRingSize}", Translated),
            FieldRule("minimumRingSize", Rejected("write ringHash: {minimumRingSize: …}, which replaces it")),
        ],
    },
];

const LIMITS: &[Group] = &[Group {
    under: POLICIES,
    rules: &[
        FieldRule("connectionPool.tcp.{connectTimeout,maxConnectionDuration,maxConnections}", Translated),
        FieldRule("connectionPool.tcp.tcpKeepalive.{interval,probes,time}", Translated),
        FieldRule(
            "connectionPool.tcp.idleTimeout",
            Rejected("use connectionPool.http.idleTimeout; all local ports use HTTP"),
        ),
        FieldRule(
            "connectionPool.http.{h2UpgradePolicy,http1MaxPendingRequests,http2MaxRequests,idleTimeout}",
            Translated,
        ),
        FieldRule(
            "connectionPool.http.{maxConcurrentStreams,maxRequestsPerConnection,maxRetries,useClientProtocol}",
            Translated,
        ),
        FieldRule(
            "connectionPool.http.http2KeepAlive",
            Rejected("use connectionPool.tcp.tcpKeepalive; HTTP/2 pings are not supported"),
        ),
        FieldRule(
            "outlierDetection.{baseEjectionTime,consecutive5xxErrors,consecutiveGatewayErrors,interval,maxEjectionPercent}",
            Translated,
        ),
        FieldRule(
            "outlierDetection.{consecutiveLocalOriginFailures,minHealthPercent,splitExternalLocalOriginErrors}",
            Translated,
        ),
        FieldRule("outlierDetection.consecutiveErrors", Rejected("write consecutive5xxErrors, which replaces it")),
        FieldRule(
            "outlierDetection.outlierDetectionHttpErrorCodes",
            Rejected("remove it; only 5xx responses and gateway errors are counted"),
        ),
    ],
}];
