//! Fields of Gateway (networking.istio.io).

use crate::manifest::fields::{
    Effect::{Rejected, Translated, TranslatedIf, WithoutEffect},
    FieldRule, Group, METADATA, STATUS,
};

pub(super) const GROUPS: &[&[Group]] = &[METADATA, STATUS, GATEWAY];

const GATEWAY: &[Group] = &[Group {
    under: &["spec"],
    rules: &[
        FieldRule("selector{}", Translated),
        FieldRule("servers[].hosts[]", Translated),
        FieldRule("servers[].port.number", Translated),
        FieldRule(
            "servers[].port.protocol",
            TranslatedIf(&["HTTP", "HTTP2"], "write HTTP; the local gateway does not support TLS"),
        ),
        FieldRule(
            "servers[].tls",
            Rejected(
                "remove it and use a server with protocol HTTP; the local gateway has no TLS and cannot redirect to HTTPS",
            ),
        ),
        FieldRule("servers[].bind", Rejected("remove it; the local mesh chooses the gateway's address")),
        FieldRule("servers[].{defaultEndpoint,port.targetPort}", Rejected("remove it; Istio does not use it")),
        FieldRule("servers[].name", WithoutEffect("nothing refers to the name of a server")),
        FieldRule("servers[].port.name", WithoutEffect("a listener is named after its port's number")),
    ],
}];
