use serde_json::{Value, json};

use crate::{
    topology::Instance,
    translate::{mesh_view::MeshView, message::extension},
};

use super::{Reporter, metric_labels};

/// The prefix that a Wasm extension takes for its metrics, and that is printed without `envoy_` before it. The
/// bootstrap loads such an extension for just this.
const PREFIX: &str = "wasmcustom";

/// Counts and times requests under Istio's names and labels.
///
/// Istio's own build of Envoy does it in a filter that knows the other side's workload by an exchange of headers. Here
/// the caller's is known by its address and the receiver's by the endpoint's metadata.
pub(super) fn logger(mesh: &MeshView<'_>, instance: &Instance, reporter: Reporter) -> Value {
    let labels = metric_labels::of(mesh, instance, reporter);
    extension(
        "envoy.access_loggers.stats",
        "envoy.extensions.access_loggers.stats.v3.Config",
        json!({
            "stats_scope": { "prefix": PREFIX },
            "counters": [{
                "stat": { "name": "istio_requests_total", "tags": labels },
                "value_fixed": 1,
            }],
            "histograms": [{
                "stat": { "name": "istio_request_duration_milliseconds", "tags": labels },
                "unit": "Milliseconds",
                "value_format": "%DURATION%",
            }],
        }),
    )
}
