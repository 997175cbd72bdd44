//! Fields of Service (v1).

use crate::manifest::fields::{
    Effect::{Only, Rejected, Translated, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, SERVICE];

const FROM_OUTSIDE: &str = "only the ingress gateway is reachable from outside";

const SERVICE: &[Group] = &[Group {
    under: &["spec"],
    rules: &[
        Rule("selector{}", Translated),
        Rule("ports[].{name,port,targetPort,appProtocol}", Translated),
        Rule("ports[].protocol", Only(&["TCP"], "remove the protocol or write TCP; the local mesh uses HTTP over TCP")),
        Rule("type", Only(&["ClusterIP"], "write ClusterIP; use the ingress gateway for access from outside")),
        Rule("{clusterIP,clusterIPs}", Rejected("remove it; headless Services are not supported")),
        Rule("externalName", Rejected("write a selector; a local Service selects pods of the mesh")),
        Rule("externalIPs", Rejected("remove it; use the ingress gateway for access from outside")),
        Rule("publishNotReadyAddresses", Only(&["false"], "remove it; local pods that are not ready get no requests")),
        Rule("sessionAffinity", Only(&["None"], "use a DestinationRule with a consistentHash load balancer")),
        Rule("sessionAffinityConfig", Rejected("use a DestinationRule with a consistentHash load balancer")),
        Rule("ports[].nodePort", WithoutEffect(FROM_OUTSIDE)),
        Rule(
            "{allocateLoadBalancerNodePorts,externalTrafficPolicy,healthCheckNodePort,loadBalancerClass,loadBalancerIP,loadBalancerSourceRanges}",
            WithoutEffect(FROM_OUTSIDE),
        ),
        Rule("{internalTrafficPolicy,trafficDistribution}", WithoutEffect("all pods are on one machine")),
        Rule("{ipFamilies,ipFamilyPolicy}", WithoutEffect("pods have addresses of the loopback network 127.0.0.0/8")),
    ],
}];
