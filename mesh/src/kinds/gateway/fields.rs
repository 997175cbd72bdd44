//! Fields of Gateway (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Rejected, Translated, TranslatedIf, WithoutEffect},
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
            TranslatedIf(&["HTTP", "HTTP2"], "write HTTP; the local gateway does not support TLS"),
        ),
        Rule("servers[].tls", Rejected("use a server with protocol HTTP; the local gateway does not support TLS")),
        Rule("servers[].bind", Rejected("remove it; the local mesh chooses the gateway's address")),
        Rule("servers[].{defaultEndpoint,port.targetPort}", Rejected("remove it; Istio does not use it")),
        Rule("servers[].name", WithoutEffect("nothing refers to the name of a server")),
        Rule("servers[].port.name", WithoutEffect("a listener is named after its port's number")),
    ],
}];
