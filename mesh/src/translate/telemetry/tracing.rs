use serde_json::{Value, json};

use crate::{
    topology::Instance,
    translate::{
        clusters::COLLECTOR,
        mesh_view::MeshView,
        message::extension,
        workload::{self, Workload},
    },
};

/// Exports spans of every request to the mesh's receiver (OTLP).
pub(crate) fn tracing(mesh: &MeshView<'_>, instance: &Instance) -> Value {
    let Workload { canonical_service, canonical_revision, .. } = Workload::of(instance);
    let tag = |name: &str, value: &str| json!({ "tag": name, "literal": { "value": value } });
    json!({
        "client_sampling": { "value": 100.0 },
        "random_sampling": { "value": 100.0 },
        "overall_sampling": { "value": 100.0 },
        "custom_tags": [
            tag("istio.canonical_revision", &canonical_revision),
            tag("istio.canonical_service", &canonical_service),
            tag("istio.namespace", &instance.namespace),
            tag("k8s.pod.name", &instance.name),
        ],
        "provider": extension(
            "envoy.tracers.opentelemetry",
            "envoy.config.trace.v3.OpenTelemetryConfig",
            json!({
                "http_service": { "http_uri": {
                    "uri": format!("http://{}/v1/traces", mesh.topology.collector),
                    "cluster": COLLECTOR,
                    "timeout": "10s",
                } },
                "service_name": workload::tracing_name(instance),
            }),
        ),
    })
}
