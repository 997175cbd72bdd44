use std::collections::BTreeMap;

use serde::Deserialize;

/// A Gateway: which ports and hosts the ingress gateway opens.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// The labels of the gateway's pods.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
    /// What it opens.
    pub servers: Vec<Server>,
}

/// One port of a Gateway.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Server {
    /// The port.
    pub port: ServerPort,
    /// The hosts that may be asked for here, as `*.example.org` or `namespace/host`.
    pub hosts: Vec<String>,
}

/// A port's number and protocol.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerPort {
    /// The number.
    pub number: u16,
    /// `HTTP` or `HTTP2`; both are told apart on the connection.
    pub protocol: String,
}
