//! A proxy's clusters: one per port and subset of every service, the app behind it, and the ways out of the mesh.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
};

use serde_json::{Value, json};

use super::{
    ProxyConfig, connection_pool, endpoints, load_balancing,
    mesh_view::{MeshPort, MeshService, MeshView},
    message::{extension, set, socket_address, typed},
    names, outlier_detection,
    policy::Policy,
    protocol::Protocol,
    tls,
};
use crate::{
    kinds::{ClientTlsMode, DestinationRule},
    topology::{Instance, OutboundPolicy},
};

/// The settings by which clusters and the filter share what names resolve to.
pub(crate) const DNS_CACHE: &str = "passthrough";

/// Adds the clusters, and their endpoints, of every service port and subset, as `client` sees them.
pub(crate) fn outbound(mesh: &MeshView<'_>, client: &Instance, config: &mut ProxyConfig) {
    for service in mesh.services.values() {
        let rule = mesh.destination_rule(&client.namespace, service);
        let no_labels = BTreeMap::new();
        let subsets = rule.iter().flat_map(|rule| &rule.subsets).map(|subset| (subset.name.as_str(), &subset.labels));
        for (subset, labels) in std::iter::once(("", &no_labels)).chain(subsets) {
            for port in &service.ports {
                let name = names::outbound_cluster(port.number, subset, &service.host);
                let cluster = service_cluster(mesh, client.address, &name, Target { service, port, subset, rule });
                config.clusters.insert(name.clone(), cluster);
                let assignment = endpoints::load_assignment(mesh, &name, service, port, labels);
                config.endpoints.insert(name, assignment);
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Target<'a> {
    service: &'a MeshService,
    port: &'a MeshPort,
    subset: &'a str,
    rule: Option<&'a DestinationRule>,
}

fn service_cluster(mesh: &MeshView<'_>, from: Ipv4Addr, name: &str, target: Target<'_>) -> Value {
    let Target { service, port, subset, rule } = target;
    let policy = Policy::of(rule, subset, port.number);
    let http2 = port.protocol == Protocol::Http2 || connection_pool::upgrades(policy.connection_pool);
    let mut cluster = json!({
        "name": name,
        "type": "STATIC",
        // Connections leave from the pod's own address, as they would in a cluster.
        "upstream_bind_config": { "source_address": { "address": from.to_string(), "port_value": 0 } },
        "metadata": destination_metadata(&service.host, &service.name, &service.namespace),
    });
    connection_pool::apply(&mut cluster, policy.connection_pool, http2);
    load_balancing::apply(&mut cluster, policy.load_balancer);
    outlier_detection::apply(&mut cluster, policy.outlier_detection);

    let mutual_tls = || {
        let told = policy.tls.map_or(&[][..], |tls| &tls.subject_alt_names);
        let identities = if told.is_empty() { mesh.identities_of(service) } else { told.iter().cloned().collect() };
        let made = names::server_name(port.number, subset, &service.host);
        tls::client_socket(&identities, policy.tls.and_then(|tls| tls.sni.as_deref()).unwrap_or(&made), http2)
    };
    match policy.tls.map(|tls| tls.mode) {
        None => set(&mut cluster, "transport_socket_matches", tls::per_endpoint(mutual_tls())),
        Some(ClientTlsMode::IstioMutual) => set(&mut cluster, "transport_socket", mutual_tls()),
        Some(ClientTlsMode::Disable) => {}
    }
    cluster
}

/// What metrics call a destination.
fn destination_metadata(host: &str, name: &str, namespace: &str) -> Value {
    json!({ "filter_metadata": { "meshwalk": {
        "destination_service": host,
        "destination_service_name": name,
        "destination_service_namespace": namespace,
    } } })
}

/// The app behind a sidecar, on its socket. The limits of connections and requests that a DestinationRule sets for the
/// service hold here once more, for this pod alone; a subset's hold for callers only.
pub(crate) fn app(
    mesh: &MeshView<'_>,
    instance: &Instance,
    number: u16,
    service: &MeshService,
    port: &MeshPort,
) -> Value {
    let name = names::inbound_cluster(number);
    let mut cluster = json!({
        "name": name,
        "type": "STATIC",
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [
            { "endpoint": { "address": { "pipe": { "path": instance.app_socket.to_string_lossy() } } } },
        ] }] },
        "metadata": destination_metadata(&service.host, &service.name, &service.namespace),
    });
    let policy = Policy::of(mesh.destination_rule(&instance.namespace, service), "", port.number);
    connection_pool::apply(&mut cluster, policy.connection_pool, port.protocol == Protocol::Http2);
    cluster
}

/// Where requests for hosts go that the mesh does not know.
pub(crate) fn fallback_cluster(policy: OutboundPolicy) -> Value {
    match policy {
        OutboundPolicy::RegistryOnly => {
            let name = names::BLACK_HOLE_CLUSTER;
            json!({ "name": name, "type": "STATIC", "connect_timeout": "10s" })
        }
        OutboundPolicy::AllowAny => {
            let name = names::PASSTHROUGH_CLUSTER;
            let mut cluster = json!({
                "name": name,
                "lb_policy": "CLUSTER_PROVIDED",
                "cluster_type": extension(
                    "envoy.clusters.dynamic_forward_proxy",
                    "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig",
                    json!({ "dns_cache_config": dns_cache() }),
                ),
                "metadata": { "filter_metadata": { "meshwalk": { "destination_service_name": name } } },
            });
            connection_pool::pass_through(&mut cluster);
            // What passes through is not encrypted, so there is no certificate whose names could be checked.
            cluster["cluster_type"]["typed_config"]["allow_insecure_cluster_options"] = json!(true);
            cluster
        }
    }
}

/// How unknown hosts are looked up: by the system, when they are asked for.
pub(crate) fn dns_cache() -> Value {
    json!({
        "name": DNS_CACHE,
        "dns_lookup_family": "V4_PREFERRED",
        "typed_dns_resolver_config": extension(
            "envoy.network.dns_resolver.getaddrinfo",
            "envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig",
            json!({}),
        ),
    })
}

/// Where the spans go.
pub(crate) fn collector(address: SocketAddrV4) -> Value {
    json!({
        "name": COLLECTOR,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": { "cluster_name": COLLECTOR, "endpoints": [{ "lb_endpoints": [
            { "endpoint": { "address": socket_address(address.ip(), address.port()) } },
        ] }] },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                json!({ "explicit_http_config": { "http_protocol_options": {} } }),
            ),
        },
    })
}

/// The cluster of the collector of spans.
pub(crate) const COLLECTOR: &str = "opentelemetry-collector";
