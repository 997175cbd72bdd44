//! Limits of connections and requests, and the protocol of upstream connections.

use serde_json::{Value, json};

use super::message::{set, typed};
use crate::kinds::{ConnectionPool, H2UpgradePolicy};

const PROTOCOL_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// True if HTTP/1.1 requests are upgraded to HTTP/2.
pub(crate) fn upgrades(pool: Option<&ConnectionPool>) -> bool {
    pool.and_then(|pool| pool.http.as_ref()).is_some_and(|http| http.h2_upgrade_policy == H2UpgradePolicy::Upgrade)
}

/// Idle timeout of connections to unknown hosts.
const PASSTHROUGH_IDLE_TIMEOUT: &str = "300s";

/// Configures the fallback cluster to keep the caller's protocol.
pub(crate) fn pass_through(cluster: &mut Value) {
    apply(cluster, None, false);
    let options = json!({
        "common_http_protocol_options": { "idle_timeout": PASSTHROUGH_IDLE_TIMEOUT },
        "use_downstream_protocol_config": { "http_protocol_options": {}, "http2_protocol_options": {} },
    });
    set(cluster, "typed_extension_protocol_options", json!({ PROTOCOL_OPTIONS: typed(PROTOCOL_OPTIONS, options) }));
}

/// Applies a connection pool to a cluster. Istio's defaults differ from Envoy's: unlimited, and a connect timeout of ten
/// seconds. A limit of 0 means unlimited.
pub(crate) fn apply(cluster: &mut Value, pool: Option<&ConnectionPool>, http2: bool) {
    let tcp = pool.and_then(|pool| pool.tcp.clone()).unwrap_or_default();
    let http = pool.and_then(|pool| pool.http.clone()).unwrap_or_default();
    let limit = |limit: Option<u32>| limit.filter(|limit| *limit > 0).unwrap_or(u32::MAX);
    let connect_timeout = tcp.connect_timeout.map_or_else(|| "10s".to_owned(), |timeout| timeout.to_string());
    set(cluster, "connect_timeout", connect_timeout);
    set(
        cluster,
        "circuit_breakers",
        json!({ "thresholds": [{
            "max_connections": limit(tcp.max_connections),
            "max_pending_requests": limit(http.http1_max_pending_requests),
            "max_requests": limit(http.http2_max_requests),
            "max_retries": limit(http.max_retries),
        }] }),
    );
    if let Some(keepalive) = &tcp.tcp_keepalive {
        let mut options = json!({});
        let number = [("keepalive_probes", keepalive.probes)];
        let seconds = [("keepalive_time", keepalive.time), ("keepalive_interval", keepalive.interval)];
        let seconds = seconds.map(|(name, duration)| (name, duration.map(|duration| duration.0.as_secs())));
        for (name, value) in number.map(|(name, number)| (name, number.map(u64::from))).into_iter().chain(seconds) {
            if let Some(value) = value {
                set(&mut options, name, value);
            }
        }
        set(cluster, "upstream_connection_options", json!({ "tcp_keepalive": options }));
    }

    let mut common = json!({});
    if let Some(timeout) = http.idle_timeout {
        set(&mut common, "idle_timeout", timeout.to_string());
    }
    if let Some(requests) = http.max_requests_per_connection.filter(|requests| *requests > 0) {
        set(&mut common, "max_requests_per_connection", requests);
    }
    if let Some(duration) = tcp.max_connection_duration {
        set(&mut common, "max_connection_duration", duration.to_string());
    }
    let mut http2_options = json!({});
    if let Some(streams) = http.max_concurrent_streams.filter(|streams| *streams > 0) {
        set(&mut http2_options, "max_concurrent_streams", streams);
    }
    let mut options = json!({ "common_http_protocol_options": common });
    if http.use_client_protocol {
        // Istio limits no streams if the caller's protocol is used.
        let both = json!({ "http_protocol_options": {}, "http2_protocol_options": {} });
        set(&mut options, "use_downstream_protocol_config", both);
    } else if http2 {
        set(&mut options, "explicit_http_config", json!({ "http2_protocol_options": http2_options }));
    } else {
        set(&mut options, "explicit_http_config", json!({ "http_protocol_options": {} }));
    }
    set(cluster, "typed_extension_protocol_options", json!({ PROTOCOL_OPTIONS: typed(PROTOCOL_OPTIONS, options) }));
}
