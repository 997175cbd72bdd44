use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::PortReference;

/// A Service (v1): a name under which the pods that its selector matches are reached.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The labels that a pod must have to stand behind this name.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// One port of a Service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// Its name; the part before the first hyphen tells the protocol where `app_protocol` does not.
    #[serde(default)]
    pub name: Option<String>,
    /// The port that callers name.
    pub port: u16,
    /// The port of the pod, by number or name; the same number as `port` if it is absent.
    #[serde(default)]
    pub target_port: Option<PortReference>,
    /// The protocol, which goes before the name's prefix.
    #[serde(default)]
    pub app_protocol: Option<String>,
}
