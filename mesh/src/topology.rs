//! Pods of the mesh and their addresses on the loopback interface.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

/// A pod: a replica of a Deployment, or the ingress gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Name of the pod, as `backend-v1-1`; unique in the mesh.
    pub name: String,
    /// Name of the Deployment, as `backend-v1`.
    pub workload: String,
    /// Namespace of the pod.
    pub namespace: String,
    /// Service account of the pod.
    pub service_account: String,
    /// Labels of the pod.
    pub labels: BTreeMap<String, String>,
    /// IP address of the pod.
    pub address: Ipv4Addr,
    /// Ports that the containers declare.
    pub container_ports: Vec<DeclaredPort>,
    /// True if the pod has a sidecar.
    pub sidecar: bool,
    /// Unix socket of the application behind its sidecar. Without a sidecar the application listens on the pod's
    /// address.
    pub app_socket: PathBuf,
    /// True if the pod is ready and may become an endpoint.
    pub ready: bool,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredPort {
    /// Name of the port, if any.
    pub name: Option<String>,
    /// Number of the port.
    pub number: u16,
}

/// Pods, addresses and settings of a run, as input of the translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// All pods except the ingress gateway.
    pub instances: Vec<Instance>,
    /// Pod of the ingress gateway; its `container_ports` are empty.
    pub gateway: Instance,
    /// Listener addresses of the ingress gateway by server port; the first is the main one.
    pub gateway_listeners: BTreeMap<u16, Vec<std::net::SocketAddrV4>>,
    /// Port of each sidecar's outbound listener by service port.
    pub outbound_ports: BTreeMap<u16, u16>,
    /// Port of each sidecar's outbound listener for all other ports.
    pub outbound_any: u16,
    /// Address to which the proxies send spans (OTLP over HTTP).
    pub collector: std::net::SocketAddrV4,
    /// Handling of outbound requests to unknown hosts.
    pub outbound_policy: OutboundPolicy,
}

/// Istio's `meshConfig.outboundTrafficPolicy.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutboundPolicy {
    /// Requests to unknown hosts are passed through; Istio's default.
    #[default]
    AllowAny,
    /// Requests to unknown hosts get 502 (Envoy's BlackHoleCluster).
    RegistryOnly,
}
