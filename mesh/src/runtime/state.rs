//! Active state of the mesh: resources, pods, and the configuration of each proxy.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddrV4},
    path::PathBuf,
    sync::atomic::Ordering,
};

use super::{config_push::ConfigPush, desired::DesiredPod, network, network::Network, options::Options, pod::Pod};
use crate::{
    resources::Resources,
    topology::{Instance, OutboundPolicy, Topology},
    translate::Translation,
};

/// First port of outbound listeners, above Istio's own ports.
const FIRST_OUTBOUND: u16 = 15101;

/// Workload name of the ingress gateway in Istio's chart.
pub(super) const INGRESS_GATEWAY: &str = "istio-ingressgateway";

/// Active state of the mesh. Its lock serializes changes.
#[derive(Debug)]
pub(super) struct MeshState {
    pub(super) network: Network,
    pub(super) resources: Resources,
    /// Pods by name, including the ingress gateway.
    pub(super) pods: BTreeMap<String, Pod>,
    /// Active configuration of each proxy, by pod.
    pub(super) running: Translation,
    /// Files of each proxy, by pod.
    pub(super) config_pushes: BTreeMap<String, ConfigPush>,
    /// Port of the outbound listener for each service port; never reassigned.
    pub(super) outbound: BTreeMap<u16, u16>,
    /// Active version.
    pub(super) version: u64,
    /// Last version written, active or not.
    pub(super) last_version: u64,
}

/// Parts of the topology that do not change.
#[derive(Debug, Clone)]
pub(super) struct StaticTopology {
    pub(super) gateway: Instance,
    pub(super) collector: SocketAddrV4,
    pub(super) page: SocketAddrV4,
    pub(super) outbound_policy: OutboundPolicy,
}

impl StaticTopology {
    pub(super) fn new(options: &Options, gateway: Ipv4Addr, collector: SocketAddrV4, page_port: u16) -> Self {
        let page = SocketAddrV4::new(Ipv4Addr::LOCALHOST, page_port);
        // Names as in Istio's chart.
        let gateway = Instance {
            name: INGRESS_GATEWAY.to_owned(),
            workload: INGRESS_GATEWAY.to_owned(),
            namespace: "istio-system".to_owned(),
            service_account: format!("{INGRESS_GATEWAY}-service-account"),
            labels: [("app", INGRESS_GATEWAY), ("istio", "ingressgateway")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            address: gateway,
            container_ports: Vec::new(),
            sidecar: true,
            app_socket: PathBuf::new(),
            ready: false,
        };
        Self { gateway, collector, page, outbound_policy: options.outbound_policy }
    }
}

impl MeshState {
    pub(super) fn new(network: Network) -> Self {
        Self {
            network,
            resources: Resources::default(),
            pods: BTreeMap::new(),
            running: Translation::new(),
            config_pushes: BTreeMap::new(),
            outbound: BTreeMap::new(),
            version: 0,
            last_version: 0,
        }
    }

    /// Pods of Deployments.
    pub(super) fn desired_pods(&self) -> Vec<DesiredPod> {
        self.pods.values().filter_map(|pod| pod.desired.clone()).collect()
    }

    /// A version that was never written before.
    pub(super) fn next_version(&mut self) -> u64 {
        self.last_version += 1;
        self.last_version
    }

    /// Outbound ports for the service ports of `resources`. Known service ports keep theirs.
    pub(super) fn outbound_for(&self, resources: &Resources) -> BTreeMap<u16, u16> {
        let ports: BTreeSet<u16> =
            resources.services.values().flat_map(|service| &service.spec.ports).map(|port| port.port).collect();
        let mut given = self.outbound.clone();
        for port in ports {
            let next = given.values().max().map_or(FIRST_OUTBOUND, |last| last.saturating_add(1));
            given.entry(port).or_insert(next);
        }
        given
    }

    /// Topology of the running pods. Pods in `terminating` count as not ready. `more` are pods not started yet.
    pub(super) fn topology(
        &self,
        static_topology: &StaticTopology,
        resources: &Resources,
        outbound: BTreeMap<u16, u16>,
        more: &[Instance],
        terminating: &BTreeSet<String>,
    ) -> Topology {
        let now = |pod: &Pod| {
            let ready = pod.readiness_flag().load(Ordering::SeqCst) && !terminating.contains(&pod.instance.name);
            Instance { ready, ..pod.instance.clone() }
        };
        let pods = self.pods.values().filter(|pod| pod.desired.is_some());
        Topology {
            instances: pods.map(now).chain(more.iter().cloned()).collect(),
            gateway: self.pods.get(INGRESS_GATEWAY).map_or_else(|| static_topology.gateway.clone(), now),
            gateway_listeners: gateway_listeners(resources, &static_topology.gateway, static_topology),
            outbound_ports: outbound,
            outbound_any: network::OUTBOUND_ANY,
            collector: static_topology.collector,
            outbound_policy: static_topology.outbound_policy,
        }
    }
}

/// Listener addresses of the gateway. An ordinary user may not listen below 1024: port 80 becomes 8080, other low ports
/// are raised by 8000. Port 80 also listens on 127.0.0.1, the address of `meshwalk.localhost`.
pub(super) fn gateway_listeners(
    resources: &Resources,
    gateway: &Instance,
    static_topology: &StaticTopology,
) -> BTreeMap<u16, Vec<SocketAddrV4>> {
    let servers = resources.gateways.values().flat_map(|gateway| &gateway.spec.servers);
    let ports: BTreeSet<u16> = servers.map(|server| server.port.number).chain([80]).collect();
    let mut listeners = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for port in ports {
        let mut local = match port {
            80 => network::GATEWAY_PORT,
            ..1024 => 8000 + port,
            _ => port,
        };
        while !taken.insert(local) {
            local = local.saturating_add(1);
        }
        let mut addresses = vec![SocketAddrV4::new(gateway.address, local)];
        addresses.extend((port == 80).then_some(static_topology.page));
        listeners.insert(port, addresses);
    }
    listeners
}
