//! DestinationRule (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Only, Refused, Translated, TranslatedIf, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, DESTINATION_RULE, POLICY, BALANCING, LIMITS];

/// Where a traffic policy may stand.
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
            Rule("exportTo[]", Only(&["*"], "leave it out: every resource is visible in every namespace here")),
            Rule("workloadSelector", Refused("leave it out: a rule holds for every caller here")),
        ],
    },
    Group {
        under: &["spec.trafficPolicy", "spec.subsets[].trafficPolicy"],
        rules: &[
            Rule("portLevelSettings[].port.number", Translated),
            Rule("proxyProtocol", Refused("leave it out: the PROXY protocol is not understood")),
            Rule("retryBudget", Refused("use connectionPool.http.maxRetries: retry budgets are not understood")),
            Rule("tunnel", Refused("leave it out: tunnels are not understood")),
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
                "write ISTIO_MUTUAL or DISABLE: no server here has certificates but the mesh's own",
            ),
        ),
        Rule("tls.{sni,subjectAltNames[]}", Translated),
        Rule(
            "tls.{caCertificates,caCrl,clientCertificate,credentialName,insecureSkipVerify,privateKey}",
            Refused("leave it out: connections use the mesh's own certificates"),
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
                    "write LEAST_REQUEST, RANDOM or ROUND_ROBIN: callers here have no address to pass through to",
                ),
            ),
            Rule(
                "loadBalancer.{localityLbSetting,zoneAwareLbSetting}",
                WithoutEffect("all pods are on one machine, so none is nearer than another"),
            ),
            Rule("loadBalancer.{warmup,warmupDurationSecs}", Refused("leave it out: slow start is not understood")),
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
            Rule("httpCookie.attributes", Refused("leave it out: attributes of the cookie are not understood")),
            Rule("{maglev.tableSize,ringHash.minimumRingSize}", Translated),
            Rule("minimumRingSize", Refused("write ringHash: {minimumRingSize: …}, which took its place")),
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
            Refused("use connectionPool.http.idleTimeout: all ports here speak HTTP"),
        ),
        Rule("connectionPool.http.{h2UpgradePolicy,http1MaxPendingRequests,http2MaxRequests,idleTimeout}", Translated),
        Rule(
            "connectionPool.http.{maxConcurrentStreams,maxRequestsPerConnection,maxRetries,useClientProtocol}",
            Translated,
        ),
        Rule(
            "connectionPool.http.http2KeepAlive",
            Refused("use connectionPool.tcp.tcpKeepalive: HTTP/2 pings are not understood"),
        ),
        Rule(
            "outlierDetection.{baseEjectionTime,consecutive5xxErrors,consecutiveGatewayErrors,interval,maxEjectionPercent}",
            Translated,
        ),
        Rule(
            "outlierDetection.{consecutiveLocalOriginFailures,minHealthPercent,splitExternalLocalOriginErrors}",
            Translated,
        ),
        Rule("outlierDetection.consecutiveErrors", Refused("write consecutive5xxErrors, which took its place")),
        Rule(
            "outlierDetection.outlierDetectionHttpErrorCodes",
            Refused("leave it out: only 5xx answers and gateway errors are counted"),
        ),
    ],
}];
