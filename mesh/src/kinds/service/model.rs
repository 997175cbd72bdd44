use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::PortReference;

/// A Service (v1): name and ports of the pods that its selector matches.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Labels of the Service's pods.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
    /// Ports of the Service.
    pub ports: Vec<ServicePort>,
}

/// One port of a Service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// Name. Its part before the first hyphen is the protocol if `app_protocol` is absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Port that callers use.
    pub port: u16,
    /// Port of the pod by number or name; `port` if absent.
    #[serde(default)]
    pub target_port: Option<PortReference>,
    /// Protocol; precedes the name's prefix.
    #[serde(default)]
    pub app_protocol: Option<String>,
}
