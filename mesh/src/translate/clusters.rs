//! Clusters of a proxy: one for each port and subset of each service, the application, and the fallback.

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
    policy::EffectivePolicy,
    protocol::Protocol,
    tls,
};
use crate::{
    kinds::{ClientTlsMode, DestinationRule},
    topology::{Instance, OutboundPolicy},
};

/// Name of the DNS cache that the fallback cluster and its filter share.
pub(crate) const DNS_CACHE: &str = "passthrough";

/// Adds the clusters and endpoints of all service ports and subsets, from the view of `client`.
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
    let policy = EffectivePolicy::for_port(rule, subset, port.number);
    let http2 = port.protocol == Protocol::Http2 || connection_pool::upgrades(policy.connection_pool);
    let mut cluster = json!({
        "name": name,
        "type": "STATIC",
        // Connect from the pod's own address, as in a cluster.
        "upstream_bind_config": { "source_address": { "address": from.to_string(), "port_value": 0 } },
        "metadata": destination_metadata(&service.host, &service.name, &service.namespace),
    });
    connection_pool::apply(&mut cluster, policy.connection_pool, http2);
    load_balancing::apply(&mut cluster, policy.load_balancer);
    outlier_detection::apply(&mut cluster, policy.outlier_detection);

    let mutual_tls = || {
        let names = policy.tls.map_or(&[][..], |tls| &tls.subject_alt_names);
        let identities = if names.is_empty() { mesh.identities_of(service) } else { names.iter().cloned().collect() };
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

/// Labels of a destination in metrics.
fn destination_metadata(host: &str, name: &str, namespace: &str) -> Value {
    json!({ "filter_metadata": { "meshwalk": {
        "destination_service": host,
        "destination_service_name": name,
        "destination_service_namespace": namespace,
    } } })
}

/// Cluster of the application behind a sidecar, on its socket. The service's limits of connections and requests apply
/// here too, for this pod alone. A subset's limits apply only to callers.
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
    let policy = EffectivePolicy::for_port(mesh.destination_rule(&instance.namespace, service), "", port.number);
    connection_pool::apply(&mut cluster, policy.connection_pool, port.protocol == Protocol::Http2);
    cluster
}

/// Cluster for requests to unknown hosts.
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
            // Passed-through connections are not encrypted, so no certificate is checked.
            cluster["cluster_type"]["typed_config"]["allow_insecure_cluster_options"] = json!(true);
            cluster
        }
    }
}

/// DNS settings of unknown hosts: resolved by the system on demand.
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

/// Cluster of the span receiver.
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

/// Name of the span receiver's cluster.
pub(crate) const COLLECTOR: &str = "opentelemetry-collector";
