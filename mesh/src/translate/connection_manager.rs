//! HTTP connection manager of a listener.

use serde_json::{Value, json};

use crate::topology::Instance;

use super::{
    mesh_view::MeshView,
    message::{extension, set},
    telemetry::{self, Reporter},
};

/// Position of a connection manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Inbound listener of a sidecar, with or without mutual TLS.
    Inbound { mutual_tls: bool },
    /// Outbound listener of a sidecar.
    Outbound,
    /// Listener of the ingress gateway.
    Gateway,
}

/// Parameters of a connection manager.
pub(crate) struct ConnectionManager<'a> {
    pub(crate) mesh: &'a MeshView<'a>,
    pub(crate) instance: &'a Instance,
    pub(crate) side: Side,
    pub(crate) stat_prefix: String,
    /// Field with the routes: `rds` or `route_config`.
    pub(crate) routes: (&'static str, Value),
    /// HTTP filters before the router.
    pub(crate) filters: Vec<Value>,
}

impl ConnectionManager<'_> {
    /// Network filter of the connection manager.
    pub(crate) fn filter(self) -> Value {
        let Self { mesh, instance, side, stat_prefix, routes: (field, routes), mut filters } = self;
        filters.push(extension(
            "envoy.filters.http.router",
            "envoy.extensions.filters.http.router.v3.Router",
            json!({}),
        ));
        let mut config = json!({
            "stat_prefix": stat_prefix,
            "codec_type": "AUTO",
            "http_filters": filters,
            // Only the route's timeout applies; streams have no idle timeout (Istio's default).
            "stream_idle_timeout": "0s",
            // Forward `Expect: 100-continue` to the application.
            "proxy_100_continue": true,
            "normalize_path": true,
            "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
            "upgrade_configs": [{ "upgrade_type": "websocket" }],
            "use_remote_address": side == Side::Gateway,
            "access_log": telemetry::access_logs(mesh, instance, reporter(side)),
            "tracing": telemetry::tracing(mesh, instance),
        });
        set(&mut config, field, routes);
        forwarded_identity(&mut config, side);
        if side != Side::Outbound {
            set(&mut config, "server_name", "istio-envoy");
        }
        extension(
            "envoy.filters.network.http_connection_manager",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            config,
        )
    }
}

fn reporter(side: Side) -> Reporter {
    match side {
        Side::Inbound { mutual_tls } => Reporter::Destination { mutual_tls },
        Side::Outbound | Side::Gateway => Reporter::Source,
    }
}

/// Sets the handling of `x-forwarded-client-cert`. A sidecar appends the peer's identity, and the gateway replaces the
/// header. If the peer has no certificate, Envoy removes the header.
fn forwarded_identity(config: &mut Value, side: Side) {
    let mut details = json!({ "subject": true, "uri": true, "dns": true });
    match side {
        Side::Inbound { .. } => {
            set(config, "forward_client_cert_details", "APPEND_FORWARD");
            set(config, "set_current_client_cert_details", details);
        }
        Side::Gateway => {
            set(&mut details, "cert", true);
            set(config, "forward_client_cert_details", "SANITIZE_SET");
            set(config, "set_current_client_cert_details", details);
        }
        Side::Outbound => set(config, "forward_client_cert_details", "SANITIZE"),
    }
}
