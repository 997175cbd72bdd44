//! Service (v1).

use crate::manifest::fields::{
    Effect::{Only, Refused, Translated, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, SERVICE];

const FROM_OUTSIDE: &str = "only the ingress gateway is reached from outside here";

const SERVICE: &[Group] = &[Group {
    under: &["spec"],
    rules: &[
        Rule("selector{}", Translated),
        Rule("ports[].{name,port,targetPort,appProtocol}", Translated),
        Rule(
            "ports[].protocol",
            Only(&["TCP"], "the local mesh carries HTTP over TCP; leave the protocol out or write TCP"),
        ),
        Rule("type", Only(&["ClusterIP"], "write ClusterIP; the way in from outside is the ingress gateway")),
        Rule(
            "{clusterIP,clusterIPs}",
            Refused("leave it out: callers find their sidecar by name, and headless Services are not understood"),
        ),
        Rule("externalName", Refused("write a selector: only pods of the local mesh can stand behind a Service")),
        Rule("externalIPs", Refused("leave it out; the way in from outside is the ingress gateway")),
        Rule(
            "publishNotReadyAddresses",
            Only(&["false"], "leave it out: pods that are not ready get no requests here"),
        ),
        Rule("sessionAffinity", Only(&["None"], "use a DestinationRule with a consistentHash load balancer")),
        Rule("sessionAffinityConfig", Refused("use a DestinationRule with a consistentHash load balancer")),
        Rule("ports[].nodePort", WithoutEffect(FROM_OUTSIDE)),
        Rule(
            "{allocateLoadBalancerNodePorts,externalTrafficPolicy,healthCheckNodePort,loadBalancerClass,loadBalancerIP,loadBalancerSourceRanges}",
            WithoutEffect(FROM_OUTSIDE),
        ),
        Rule(
            "{internalTrafficPolicy,trafficDistribution}",
            WithoutEffect("all pods are on one machine, so none is nearer than another"),
        ),
        Rule("{ipFamilies,ipFamilyPolicy}", WithoutEffect("pods have addresses of the loopback network 127.0.0.0/8")),
    ],
}];
