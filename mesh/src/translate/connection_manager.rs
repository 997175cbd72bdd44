//! The part of a listener that speaks HTTP.

use serde_json::{Value, json};

use crate::topology::Instance;

use super::{
    mesh_view::MeshView,
    message::{extension, set},
    telemetry::{self, Reporter},
};

/// Where a connection manager stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Before the app, on a connection with or without mutual TLS.
    Inbound { mutual_tls: bool },
    /// Behind the app.
    Outbound,
    /// At the edge of the mesh.
    Gateway,
}

/// What a connection manager is made of.
pub(crate) struct ConnectionManager<'a> {
    pub(crate) mesh: &'a MeshView<'a>,
    pub(crate) instance: &'a Instance,
    pub(crate) side: Side,
    pub(crate) stat_prefix: String,
    /// The field with its routes: `rds` or `route_config`.
    pub(crate) routes: (&'static str, Value),
    /// The filters before the router.
    pub(crate) filters: Vec<Value>,
}

impl ConnectionManager<'_> {
    /// The network filter.
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
            // A route's timeout is the only limit; an idle stream has none (Istio's default).
            "stream_idle_timeout": "0s",
            // Whether a body is wanted is for the app to say, not for a proxy before it.
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

/// Sets whose identity stands in `x-forwarded-client-cert`. The last element is always what the proxy itself saw on
/// the connection: before an app it is appended, and at the edge what came in goes away. Where the caller has shown no
/// certificate, Envoy takes the header away in either case.
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
