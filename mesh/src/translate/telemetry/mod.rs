//! Telemetry of proxies: metrics, access log, spans.

mod access_log;
mod metric_labels;
mod metrics;
mod tracing;

use serde_json::{Value, json};

use crate::topology::Instance;

use super::mesh_view::MeshView;

pub(crate) use metric_labels::endpoint_metadata;
pub(crate) use tracing::tracing;

/// Side of a call that a proxy reports. Both sides report a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporter {
    /// The caller's proxy.
    Source,
    /// The receiver's proxy.
    Destination {
        /// True if the caller uses mutual TLS.
        mutual_tls: bool,
    },
}

/// Access logs of a connection manager: one for metrics, and one for the file.
pub(crate) fn access_logs(mesh: &MeshView<'_>, instance: &Instance, reporter: Reporter) -> Value {
    json!([metrics::logger(mesh, instance, reporter), access_log::logger()])
}
