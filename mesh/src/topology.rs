//! Which pods exist, and where: the addresses that stand in a cluster's endpoints, taken on the loopback interface.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

/// One pod: a replica of a Deployment, or the ingress gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The pod's name, as `backend-v1-1`. Unique in the mesh.
    pub name: String,
    /// The Deployment's name, as `backend-v1`.
    pub workload: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's service account.
    pub service_account: String,
    /// The pod's labels.
    pub labels: BTreeMap<String, String>,
    /// The pod's own address.
    pub address: Ipv4Addr,
    /// The ports that its containers declare, by name (an unnamed port has the name `""` and its number tells it).
    pub container_ports: Vec<ContainerPort>,
    /// Whether Envoy stands in front of it.
    pub sidecar: bool,
    /// The socket that the application listens on behind its sidecar. Without a sidecar it listens on its address.
    pub app_socket: PathBuf,
    /// Whether endpoints may name it now (its readiness).
    pub ready: bool,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerPort {
    /// The port's name, if it has one.
    pub name: Option<String>,
    /// The port's number.
    pub number: u16,
}

/// Everything that translation needs to know of this run beside the resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// Every pod, the ingress gateway not among them.
    pub instances: Vec<Instance>,
    /// The ingress gateway's pod; its `container_ports` are empty.
    pub gateway: Instance,
    /// Where the ingress gateway's listener for a Gateway's port stands: server port → addresses (the first is the main one).
    pub gateway_listeners: BTreeMap<u16, Vec<std::net::SocketAddrV4>>,
    /// The port on each pod's address at which its sidecar takes outbound connections for a service port.
    pub outbound_ports: BTreeMap<u16, u16>,
    /// The port on each pod's address at which its sidecar takes outbound connections for any other port.
    pub outbound_any: u16,
    /// Where the proxies send their spans (OTLP over HTTP).
    pub collector: std::net::SocketAddrV4,
    /// What happens to outbound requests for hosts that the mesh does not know.
    pub outbound_policy: OutboundPolicy,
}

/// Istio's `meshConfig.outboundTrafficPolicy.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutboundPolicy {
    /// Unknown hosts are passed through: Istio's default.
    #[default]
    AllowAny,
    /// Unknown hosts get 502 (Envoy's BlackHoleCluster).
    RegistryOnly,
}
