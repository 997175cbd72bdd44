use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::WorkloadSelector;

/// A PeerAuthentication: whether connections without the mesh's certificates are accepted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerAuthentication {
    /// Which pods; all of the namespace, or of the mesh in the root namespace, if it is absent.
    #[serde(default)]
    pub selector: Option<WorkloadSelector>,
    /// For all ports.
    #[serde(default)]
    pub mtls: MutualTls,
    /// For single ports of the pod; only with a selector.
    #[serde(default)]
    pub port_level_mtls: BTreeMap<u16, MutualTls>,
}

/// What is accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MutualTls {
    /// The mode.
    #[serde(default)]
    pub mode: MutualTlsMode,
}

/// What is accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MutualTlsMode {
    /// What the wider scope says; at the top, [`Self::Permissive`].
    #[default]
    Unset,
    /// Only plaintext.
    Disable,
    /// Plaintext and mutual TLS.
    Permissive,
    /// Only mutual TLS.
    Strict,
}
