//! What a proxy tells of the requests that it saw: metrics, access log, spans.

mod access_log;
mod metric_labels;
mod metrics;
mod tracing;

use serde_json::{Value, json};

use crate::topology::Instance;

use super::mesh_view::MeshView;

pub(crate) use metric_labels::endpoint_metadata;
pub(crate) use tracing::tracing;

/// On which side of a call a proxy stands. A call that both sides see is counted once by each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporter {
    /// The caller's.
    Source,
    /// The receiver's.
    Destination {
        /// Whether the caller came by mutual TLS.
        mutual_tls: bool,
    },
}

/// The access logs of a connection manager: the one that counts, and the one that is read.
pub(crate) fn access_logs(mesh: &MeshView<'_>, instance: &Instance, reporter: Reporter) -> Value {
    json!([metrics::logger(mesh, instance, reporter), access_log::logger()])
}
