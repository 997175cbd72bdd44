use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::WorkloadSelector;

/// A PeerAuthentication: whether pods accept plaintext, mutual TLS, or both.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerAuthentication {
    /// Pods of the policy. If absent, all of the namespace; in the root namespace, all of the mesh.
    #[serde(default)]
    pub selector: Option<WorkloadSelector>,
    /// Mode of all ports.
    #[serde(default)]
    pub mtls: MutualTls,
    /// Modes of single ports of the pod; only with a selector.
    #[serde(default)]
    pub port_level_mtls: BTreeMap<u16, MutualTls>,
}

/// Mutual TLS of a port or of all ports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MutualTls {
    /// Mode of mutual TLS.
    #[serde(default)]
    pub mode: MutualTlsMode,
}

/// Mode of mutual TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MutualTlsMode {
    /// The mode of the wider scope; at the top, [`Self::Permissive`].
    #[default]
    Unset,
    /// Only plaintext.
    Disable,
    /// Plaintext and mutual TLS.
    Permissive,
    /// Only mutual TLS.
    Strict,
}
