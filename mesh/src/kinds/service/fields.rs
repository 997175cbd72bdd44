//! Fields of Service (v1).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, WithoutEffect},
    FieldRule, Group, METADATA, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, SERVICE];

const FROM_OUTSIDE: &str = "only the ingress gateway is reachable from outside";

const SERVICE: &[Group] = &[Group {
    under: &["spec"],
    rules: &[
        FieldRule("selector{}", Translated),
        FieldRule("ports[].{name,port,targetPort,appProtocol}", Translated),
        FieldRule(
            "ports[].protocol",
            Only(&["TCP"], "remove the protocol or write TCP; the local mesh uses HTTP over TCP"),
        ),
        FieldRule("type", Only(&["ClusterIP"], "write ClusterIP; use the ingress gateway for access from outside")),
        FieldRule("{clusterIP,clusterIPs}", Rejected("remove it; headless Services are not supported")),
        FieldRule("externalName", Rejected("write a selector; a local Service selects pods of the mesh")),
        FieldRule("externalIPs", Rejected("remove it; use the ingress gateway for access from outside")),
        FieldRule(
            "publishNotReadyAddresses",
            Only(&["false"], "remove it; local pods that are not ready get no requests"),
        ),
        FieldRule("sessionAffinity", Only(&["None"], "use a DestinationRule with a consistentHash load balancer")),
        FieldRule("sessionAffinityConfig", Rejected("use a DestinationRule with a consistentHash load balancer")),
        FieldRule("ports[].nodePort", WithoutEffect(FROM_OUTSIDE)),
        FieldRule(
            "{allocateLoadBalancerNodePorts,externalTrafficPolicy,healthCheckNodePort,loadBalancerClass,loadBalancerIP,loadBalancerSourceRanges}",
            WithoutEffect(FROM_OUTSIDE),
        ),
        FieldRule("{internalTrafficPolicy,trafficDistribution}", WithoutEffect("all pods are on one machine")),
        FieldRule(
            "{ipFamilies,ipFamilyPolicy}",
            WithoutEffect("pods have addresses of the loopback network 127.0.0.0/8"),
        ),
    ],
}];
