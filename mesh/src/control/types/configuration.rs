//! What a proxy was told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A proxy's configuration files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyFiles {
    /// The pod.
    pub instance: String,
    /// The files, in the order in which a request meets them: listeners, routes, clusters, endpoints.
    pub files: Vec<ProxyFile>,
}

/// One configuration file of a proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyFile {
    /// Which part of the configuration it holds.
    pub section: Section,
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub content: serde_json::Value,
}

/// A part of a proxy's configuration, in Envoy's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// What it starts with.
    Bootstrap,
    /// Where it listens.
    Listeners,
    /// Which request goes where.
    Routes,
    /// Which groups of endpoints it knows, and who is in them.
    Clusters,
}
