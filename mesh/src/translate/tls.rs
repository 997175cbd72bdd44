//! Mutual TLS on both sides of a connection. Certificates come by SDS under Istio's names and can be renewed on the
//! fly.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    endpoints::TLS_MODE,
    message::{extension, set, typed},
};

/// Name of the SDS secret with the proxy's own certificate and key.
pub const OWN_CERTIFICATE: &str = "default";
/// Name of the SDS secret with the mesh's root certificates.
pub const TRUST_BUNDLE: &str = "ROOTCA";

const TLS_SOCKET: &str = "envoy.transport_sockets.tls";

/// TLS of a sidecar's server: callers need a certificate of the mesh.
pub(crate) fn server_socket() -> Value {
    let mut common = json!({
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_2",
            "tls_maximum_protocol_version": "TLSv1_3",
            "cipher_suites": [
                "ECDHE-ECDSA-AES256-GCM-SHA384",
                "ECDHE-RSA-AES256-GCM-SHA384",
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "ECDHE-RSA-AES128-GCM-SHA256",
                "AES256-GCM-SHA384",
                "AES128-GCM-SHA256",
            ],
        },
        "tls_certificate_sds_secret_configs": [{ "name": OWN_CERTIFICATE }],
    });
    set(
        &mut common,
        "combined_validation_context",
        json!({
            // Accept every identity of the mesh; authorization policies decide the rest.
            "default_validation_context": { "match_typed_subject_alt_names": [
                { "san_type": "URI", "matcher": { "prefix": format!("spiffe://{}/", super::names::TRUST_DOMAIN) } },
            ] },
            "validation_context_sds_secret_config": { "name": TRUST_BUNDLE },
        }),
    );
    extension(
        TLS_SOCKET,
        "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        json!({ "common_tls_context": common, "require_client_certificate": true }),
    )
}

/// TLS of a caller: presents its own certificate, and requires one of these identities of the server.
pub(crate) fn client_socket(identities: &BTreeSet<String>, server_name: &str, http2: bool) -> Value {
    let identities: Vec<Value> =
        identities.iter().map(|id| json!({ "san_type": "URI", "matcher": { "exact": id } })).collect();
    let config = json!({
        "common_tls_context": {
            "alpn_protocols": [if http2 { "h2" } else { "http/1.1" }],
            "tls_params": { "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3" },
            "tls_certificate_sds_secret_configs": [{ "name": OWN_CERTIFICATE }],
            "combined_validation_context": {
                "default_validation_context": { "match_typed_subject_alt_names": identities },
                "validation_context_sds_secret_config": { "name": TRUST_BUNDLE },
            },
        },
        "sni": server_name,
    });
    extension(TLS_SOCKET, "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", config)
}

/// Mutual TLS to endpoints that accept it, plaintext to others.
pub(crate) fn per_endpoint(mutual_tls: Value) -> Value {
    json!([
        { "name": "tlsMode-istio", "match": { TLS_MODE: "istio" }, "transport_socket": mutual_tls },
        { "name": "tlsMode-disabled", "match": {}, "transport_socket": {
            "name": "envoy.transport_sockets.raw_buffer",
            "typed_config": typed("envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer", json!({})),
        } },
    ])
}
