//! Options of `meshwalk up`.

use std::{path::PathBuf, time::Duration};

use crate::{progress::Progress, topology::OutboundPolicy};

/// Options of a mesh.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the mesh.
    pub name: String,
    /// YAML files, or folders of them, with the initial resources.
    pub files: Vec<PathBuf>,
    /// Path of an Envoy to use instead of the pinned one.
    pub envoy: Option<PathBuf>,
    /// Path of the `meshwalk` program, which starts the child processes.
    pub launcher: PathBuf,
    /// Folder with the programs of the images.
    pub programs: PathBuf,
    /// Port of 127.0.0.1 for the page. `None`: 8080, or any free port.
    pub page_port: Option<u16>,
    /// Lifetime of certificates, which are renewed after half of it.
    pub certificate_lifetime: Duration,
    /// Handling of outbound requests to unknown hosts.
    pub outbound_policy: OutboundPolicy,
    /// Receiver of progress messages.
    pub progress: Progress,
}
