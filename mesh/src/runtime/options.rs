//! What `meshwalk up` is told.

use std::{path::PathBuf, time::Duration};

use crate::{progress::Progress, topology::OutboundPolicy};

/// What a mesh is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The mesh's name.
    pub name: String,
    /// YAML files or folders of the resources to start with.
    pub files: Vec<PathBuf>,
    /// The Envoy to use instead of the pinned one.
    pub envoy: Option<PathBuf>,
    /// The `meshwalk` program, through which children start.
    pub launcher: PathBuf,
    /// The folder with the programs of the images.
    pub programs: PathBuf,
    /// The port of 127.0.0.1 for the page; 8080 if it is free, or any free one, if none is asked for.
    pub page_port: Option<u16>,
    /// How long certificates are valid; they are renewed after half of it.
    pub certificate_lifetime: Duration,
    /// What happens to outbound requests for unknown hosts.
    pub outbound_policy: OutboundPolicy,
    /// Who hears what is going on.
    pub progress: Progress,
}
