//! Gateway (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Refused, Translated, TranslatedIf, WithoutEffect},
    Group, METADATA, Rule, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, GATEWAY];

const GATEWAY: &[Group] = &[Group {
    under: &["spec"],
    rules: &[
        Rule("selector{}", Translated),
        Rule("servers[].hosts[]", Translated),
        Rule("servers[].port.number", Translated),
        Rule(
            "servers[].port.protocol",
            TranslatedIf(&["HTTP", "HTTP2"], "write HTTP: the local gateway does not end TLS yet"),
        ),
        Rule("servers[].tls", Refused("use a server with protocol HTTP: the local gateway does not end TLS yet")),
        Rule("servers[].bind", Refused("leave it out: the local mesh gives the gateway its address")),
        Rule(
            "servers[].{defaultEndpoint,port.targetPort}",
            Refused("leave it out: Istio itself does not use it any more"),
        ),
        Rule("servers[].name", WithoutEffect("it is only a label for the server, to which nothing refers")),
        Rule("servers[].port.name", WithoutEffect("a listener is named after its port's number")),
    ],
}];
