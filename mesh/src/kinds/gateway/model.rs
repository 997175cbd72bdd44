use std::collections::BTreeMap;

use serde::Deserialize;

/// A Gateway: ports and hosts of the ingress gateway.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// Labels of the gateway's pods.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
    /// Servers: ports with their hosts.
    pub servers: Vec<Server>,
}

/// One port of a Gateway, with its hosts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Server {
    /// Port of the server.
    pub port: ServerPort,
    /// Hosts, as `*.example.org` or `namespace/host`.
    pub hosts: Vec<String>,
}

/// Number and protocol of a port.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerPort {
    /// Port number.
    pub number: u16,
    /// `HTTP` or `HTTP2`, which Envoy detects on each connection.
    pub protocol: String,
}
