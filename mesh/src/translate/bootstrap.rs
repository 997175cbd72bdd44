//! What Envoy reads when it starts.

use std::{net::SocketAddrV4, path::Path};

use serde_json::{Value, json};

use crate::topology::{Instance, Topology};

use super::{
    ProxyConfig, TRUST_BUNDLE, clusters, files,
    message::{extension, set, typed},
    wasm_module,
};

/// How often counters and histograms are brought up to date for readers, in milliseconds. Envoy's five seconds would
/// make every check of a histogram wait.
const STATS_FLUSH_MS: u32 = 500;

/// How many connections a proxy takes at once: far more than a lab opens, and fewer than would exhaust a machine.
const MAX_CONNECTIONS: u32 = 20_000;

/// Who a proxy is, and where its parts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The pod's name.
    pub node_id: &'a str,
    /// The app's and namespace's, as `backend.meshwalk`.
    pub node_cluster: String,
    /// Where the spans go.
    pub collector: SocketAddrV4,
}

impl<'a> Identity<'a> {
    /// The identity of one pod's proxy.
    #[must_use]
    pub fn of(instance: &'a Instance, topology: &Topology) -> Self {
        Self {
            node_id: &instance.name,
            node_cluster: super::workload::tracing_name(instance),
            collector: topology.collector,
        }
    }
}

/// The bootstrap of a proxy that reads the files of [`files::render`] in `folder`, and answers questions on the socket
/// `admin` only.
///
/// Connections on a listener that was replaced, and Envoy's own end, are drained for as long as `--drain-time-s` says:
/// keep it short, so that a stricter policy soon holds on old connections too.
#[must_use]
pub fn dynamic(identity: &Identity<'_>, folder: &Path, admin: &Path) -> Value {
    let mut bootstrap = base(identity, &admin.to_string_lossy());
    set(
        &mut bootstrap,
        "dynamic_resources",
        json!({
            "lds_config": files::source(&folder.join(files::LISTENERS)),
            "cds_config": files::source(&folder.join(files::CLUSTERS)),
        }),
    );
    set(
        &mut bootstrap,
        "static_resources",
        json!({
            "clusters": [clusters::collector(identity.collector)],
            "secrets": [trust_bundle(&folder.join(files::TRUST_BUNDLE_FILE))],
        }),
    );
    bootstrap
}

/// The same resources as one bootstrap, for `envoy --mode validate`, which does not look into the files that a dynamic
/// one names. Routes stand in their listeners and endpoints in their clusters; secrets are not read.
#[must_use]
pub fn static_for_validation(identity: &Identity<'_>, config: &ProxyConfig) -> Value {
    let mut bootstrap = base(identity, "/nowhere");
    // The admin interface is opened even for a validation, and a validation must not disturb a proxy that runs.
    if let Some(fields) = bootstrap.as_object_mut() {
        fields.remove("admin");
    }
    // Envoy wants the files of secrets to be there, though it does not look into them now.
    let placed = files::location(config, &|_| files::source(Path::new("/dev/null")), Path::new("/dev/null"));
    let mut clusters: Vec<Value> = placed.clusters_with_endpoints().collect();
    clusters.push(clusters::collector(identity.collector));
    let listeners: Vec<Value> =
        placed.listeners.values().map(|listener| with_routes(listener, &config.routes)).collect();
    let mut resources = json!({ "listeners": listeners, "clusters": clusters });
    // A static secret is read even for a validation, and there is none to show: here the trust bundle has a source too.
    files::for_each_object(&mut resources, &mut |fields| {
        if let Some(roots) = fields.get_mut("validation_context_sds_secret_config") {
            set(roots, "sds_config", files::source(Path::new("/dev/null")));
        }
    });
    set(&mut bootstrap, "static_resources", resources);
    bootstrap
}

/// The secret by which certificates of the mesh are recognised.
fn trust_bundle(file: &Path) -> Value {
    json!({ "name": TRUST_BUNDLE, "validation_context": { "trusted_ca": { "filename": file.to_string_lossy() } } })
}

fn with_routes(listener: &Value, routes: &std::collections::BTreeMap<String, Value>) -> Value {
    let mut listener = listener.clone();
    files::for_each_object(&mut listener, &mut |fields| {
        let name = fields.get("rds").and_then(|rds| rds.get("route_config_name")).and_then(Value::as_str);
        if let Some(routes) = name.and_then(|name| routes.get(name)).cloned() {
            fields.remove("rds");
            fields.insert("route_config".to_owned(), routes);
        }
    });
    listener
}

fn base(identity: &Identity<'_>, admin: &str) -> Value {
    json!({
        "node": { "id": identity.node_id, "cluster": identity.node_cluster },
        "admin": { "address": { "pipe": { "path": admin, "mode": 0o600 } } },
        "stats_flush_interval": format!("0.{STATS_FLUSH_MS:03}s"),
        "stats_config": stats_tags(),
        "overload_manager": { "resource_monitors": [extension(
            "envoy.resource_monitors.global_downstream_max_connections",
            "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            json!({ "max_active_downstream_connections": MAX_CONNECTIONS }),
        )] },
        "bootstrap_extensions": [names_without_prefix()],
        "layered_runtime": { "layers": [{ "name": "meshwalk", "static_layer": {
            // Often, because a trace is looked at right after its request; and not one by one, which would cost a
            // request to the collector for each.
            "tracing.opentelemetry.min_flush_spans": 100,
            "tracing.opentelemetry.flush_interval_ms": 200,
            // Envoy would refuse a regular expression of more than 100 steps, which one with a bounded repetition
            // soon has, and a path with a fragment. Istio's proxies take both.
            "re2.max_program_size.error_level": 32_768,
            "envoy.reloadable_features.http_reject_path_with_fragment": false,
        } }] },
    })
}

/// Which parts of a counter's name become labels, under Istio's names. Envoy's own rule would end a cluster's name at
/// its first dot, and leave the rest of the service's name in the metric's.
fn stats_tags() -> Value {
    let tag = |name: &str, regex: &str| json!({ "tag_name": name, "regex": regex });
    json!({
        "use_all_default_tags": false,
        "stats_tags": [
            tag("cluster_name", r"^cluster\.((outbound\|.+?\.svc\.cluster\.local|[^.]+)\.)"),
            tag("http_conn_manager_prefix", r"^http\.(([^.]+)\.)"),
            tag("response_code", r"_rq(_(\d{3}))$"),
            tag("response_code_class", r"_rq(_(\dxx))$"),
        ],
    })
}

/// The extension by which metrics have the names that they have in Istio.
fn names_without_prefix() -> Value {
    extension(
        "envoy.bootstrap.wasm",
        "envoy.extensions.wasm.v3.WasmService",
        json!({
            "singleton": true,
            "config": {
                "name": "plain-names",
                "vm_config": {
                    "vm_id": "plain-names",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "inline_bytes": wasm_module::base64(&wasm_module::module()) } },
                },
                "configuration": typed("google.protobuf.StringValue", json!({ "value": "" })),
            },
        }),
    )
}
