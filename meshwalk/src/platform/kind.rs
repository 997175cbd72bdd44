//! Kinds of platforms.

use std::fmt;

/// Kind of a platform.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum PlatformKind {
    /// Processes on this machine.
    Local,
    /// A Kubernetes cluster with Istio.
    Cluster,
}

impl fmt::Display for PlatformKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Cluster => "cluster",
        })
    }
}
