//! Bootstrap configuration of Envoy.

use std::{net::SocketAddrV4, path::Path};

use serde_json::{Value, json};

use crate::topology::{Instance, Topology};

use super::{
    ProxyConfig, TRUST_BUNDLE, clusters, files,
    message::{extension, set, typed},
    wasm_module,
};

/// Interval in which counters and histograms are updated, in milliseconds. Labs read histograms sooner than Envoy's
/// default of five seconds.
const STATS_FLUSH_MS: u32 = 500;

/// Maximum number of connections of a proxy.
const MAX_CONNECTIONS: u32 = 20_000;

/// Identity of a proxy and the address of its span receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Name of the pod.
    pub node_id: &'a str,
    /// App and namespace, as `backend.meshwalk`.
    pub node_cluster: String,
    /// Address of the span receiver.
    pub collector: SocketAddrV4,
}

impl<'a> Identity<'a> {
    /// Identity of one pod's proxy.
    #[must_use]
    pub fn of(instance: &'a Instance, topology: &Topology) -> Self {
        Self {
            node_id: &instance.name,
            node_cluster: super::workload::tracing_name(instance),
            collector: topology.collector,
        }
    }
}

/// Bootstrap of a proxy that watches the files of [`files::render`] in `folder`. Its admin interface is on the socket
/// `admin`.
///
/// Connections of replaced listeners are drained for `--drain-time-s`. A stricter policy applies to them only
/// afterwards, so keep the time short.
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

/// Static bootstrap with all resources, for `envoy --mode validate`, which does not read the files of a dynamic one.
/// Routes are in their listeners and endpoints in their clusters. Secrets are not read.
#[must_use]
pub fn static_for_validation(identity: &Identity<'_>, config: &ProxyConfig) -> Value {
    let mut bootstrap = base(identity, "/nowhere");
    // Envoy opens the admin interface even for a validation, which must not disturb the running proxy.
    if let Some(fields) = bootstrap.as_object_mut() {
        fields.remove("admin");
    }
    // Envoy requires the files of secrets to exist, but does not read them.
    let placed = files::location(config, &|_| files::source(Path::new("/dev/null")), Path::new("/dev/null"));
    let mut clusters: Vec<Value> = placed.clusters_with_endpoints().collect();
    clusters.push(clusters::collector(identity.collector));
    let listeners: Vec<Value> =
        placed.listeners.values().map(|listener| with_routes(listener, &config.routes)).collect();
    let mut resources = json!({ "listeners": listeners, "clusters": clusters });
    // Envoy reads static secrets even for a validation, so the trust bundle gets a file source too.
    files::for_each_object(&mut resources, &mut |fields| {
        if let Some(roots) = fields.get_mut("validation_context_sds_secret_config") {
            set(roots, "sds_config", files::source(Path::new("/dev/null")));
        }
    });
    set(&mut bootstrap, "static_resources", resources);
    bootstrap
}

/// Secret with the root certificates.
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
            // Flush often, because labs read a trace right after its request; but in batches, to save requests to the
            // receiver.
            "tracing.opentelemetry.min_flush_spans": 100,
            "tracing.opentelemetry.flush_interval_ms": 200,
            // As in Istio's proxies. By default Envoy rejects large regular expressions, which bounded repetitions
            // cause, and paths with a fragment.
            "re2.max_program_size.error_level": 32_768,
            "envoy.reloadable_features.http_reject_path_with_fragment": false,
        } }] },
    })
}

/// Labels extracted from the names of statistics, with Istio's names. Envoy's own rule cuts a cluster's name at its
/// first dot.
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

/// Wasm extension that gives metrics the names that they have in Istio.
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
