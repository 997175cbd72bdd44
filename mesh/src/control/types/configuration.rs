//! Configuration files of proxies.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Configuration files of one proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyFiles {
    /// Name of the pod.
    pub instance: String,
    /// Files in the order bootstrap, listeners, routes, clusters.
    pub files: Vec<ProxyFile>,
}

/// One configuration file of a proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyFile {
    /// Part of the configuration in the file.
    pub section: Section,
    /// Path of the file.
    pub path: PathBuf,
    /// Content of the file.
    pub content: serde_json::Value,
}

/// Part of a proxy's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// Bootstrap configuration.
    Bootstrap,
    /// Listeners (LDS).
    Listeners,
    /// Route configurations (RDS).
    Routes,
    /// Clusters with their endpoints (CDS).
    Clusters,
}
