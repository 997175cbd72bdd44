//! A fixed set of pods for resources, as the runtime would place them.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    path::{Path, PathBuf},
};

use meshwalk_mesh::{
    resources::{ParsedManifests, Resources},
    topology::{DeclaredPort, Instance, OutboundPolicy, Topology},
};

/// The folder with the inputs and what becomes of them.
pub(super) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The workload of every case, with further files.
pub(super) fn resources(further: &[PathBuf]) -> Resources {
    let paths: Vec<PathBuf> = std::iter::once(golden().join("workload.yaml")).chain(further.iter().cloned()).collect();
    let reading = Resources::read_in(&paths, "shop").unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    set(&reading)
}

/// The resources as one set.
pub(super) fn set(reading: &ParsedManifests) -> Resources {
    Resources::default().with(reading).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// One pod per replica, with an address of its own.
pub(super) fn topology(resources: &Resources) -> Topology {
    let mut instances = Vec::new();
    for (key, deployment) in &resources.deployments {
        let template = &deployment.spec.template;
        for replica in 1..=deployment.spec.replicas {
            let name = format!("{}-{replica}", key.name);
            let last = u8::try_from(instances.len()).unwrap() + 11;
            instances.push(Instance {
                app_socket: format!("/run/{name}/app.sock").into(),
                name,
                workload: key.name.clone(),
                namespace: key.namespace.clone(),
                service_account: template.spec.service_account_name.clone(),
                labels: template.metadata.labels.clone(),
                address: Ipv4Addr::new(127, 1, 2, last),
                container_ports: template.spec.containers[0]
                    .ports
                    .iter()
                    .map(|port| DeclaredPort { name: port.name.clone(), number: port.container_port })
                    .collect(),
                sidecar: template.metadata.labels.get("sidecar.istio.io/inject").is_none_or(|value| value != "false"),
                ready: true,
            });
        }
    }
    Topology {
        instances,
        gateway: gateway(),
        gateway_listeners: BTreeMap::from([
            (80, vec![at([127, 1, 2, 2], 10080), at([127, 0, 0, 1], 15000)]),
            (8000, vec![at([127, 1, 2, 2], 18000)]),
        ]),
        outbound_ports: BTreeMap::from([(8080, 15001), (9090, 15002)]),
        outbound_any: 15009,
        collector: at([127, 1, 2, 1], 4318),
        outbound_policy: OutboundPolicy::AllowAny,
    }
}

fn at(address: [u8; 4], port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(address.into(), port)
}

fn gateway() -> Instance {
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Instance {
        name: "istio-ingressgateway".to_owned(),
        workload: "istio-ingressgateway".to_owned(),
        namespace: "istio-system".to_owned(),
        service_account: "istio-ingressgateway-service-account".to_owned(),
        labels: BTreeMap::from([label("istio", "ingressgateway"), label("app", "istio-ingressgateway")]),
        address: Ipv4Addr::new(127, 1, 2, 2),
        container_ports: Vec::new(),
        sidecar: true,
        app_socket: PathBuf::new(),
        ready: true,
    }
}
