use serde_json::{Value, json};

use crate::{
    topology::Instance,
    translate::{mesh_view::MeshView, message::extension},
};

use super::{Reporter, metric_labels};

/// Prefix of Wasm metrics, which Envoy exports without `envoy_`. The bootstrap loads a Wasm extension for this prefix.
const PREFIX: &str = "wasmcustom";

/// Counts and times requests under Istio's names and labels.
///
/// Istio's own Envoy exchanges headers to learn the other workload. Here the caller is known by its address and the
/// receiver by the endpoint's metadata.
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
