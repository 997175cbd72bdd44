//! Schedules pods: which run, with which names and addresses.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use super::network::{self, Network};
use crate::{manifest::Key, pods::PodPlan, resources::Resources};

/// A pod that should run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DesiredPod {
    /// Name of the pod, as `backend-v1-1`.
    pub(super) name: String,
    /// IP address of the pod.
    pub(super) address: Ipv4Addr,
    /// Program, labels and settings of the pod.
    pub(super) plan: PodPlan,
    /// Values of `--connect`: addresses for the hosts and ports that the pod calls.
    pub(super) connect: Vec<String>,
}

/// Chooses names and addresses for the pods of all plans. A running pod with an equal plan is kept. A changed pod, or
/// one of a Deployment in `restarted`, gets a new name and address, so both can run for a while.
///
/// # Errors
/// If the network has no free address. Its allocations are then as before.
pub(super) fn schedule(
    plans: &[PodPlan],
    resources: &Resources,
    outbound: &BTreeMap<u16, u16>,
    running: &[DesiredPod],
    restarted: &BTreeSet<Key>,
    network: &mut Network,
) -> Result<Vec<DesiredPod>, network::Error> {
    let before = network.in_use();
    let scheduled = resolve_connects(plans, resources, outbound, running, restarted, network);
    if scheduled.is_err() {
        network.restore(&before);
    }
    scheduled
}

fn resolve_connects(
    plans: &[PodPlan],
    resources: &Resources,
    outbound: &BTreeMap<u16, u16>,
    running: &[DesiredPod],
    restarted: &BTreeSet<Key>,
    network: &mut Network,
) -> Result<Vec<DesiredPod>, network::Error> {
    let mut kept: Vec<DesiredPod> = Vec::new();
    for plan in plans.iter().filter(|plan| !restarted.contains(&plan.workload)) {
        let same = running.iter().filter(|pod| pod.plan.is_same_pod(plan)).take(plan.replicas as usize);
        kept.extend(same.map(|pod| DesiredPod { plan: plan.clone(), ..pod.clone() }));
    }
    let mut desired = complete(plans, kept, running, network)?;
    // New pods may change the `--connect` values of others, which are then replaced too. No pod connects to one that
    // only calls, so the loop ends.
    for _ in 0..plans.len() + 1 {
        let connects: Vec<Vec<String>> =
            desired.iter().map(|pod| connect(pod, &desired, resources, outbound)).collect();
        let mut unchanged = Vec::new();
        for (mut pod, connect) in desired.into_iter().zip(connects) {
            let current = running.iter().find(|other| other.name == pod.name);
            if current.is_none_or(|other| other.connect == connect) {
                pod.connect = connect;
                unchanged.push(pod);
            }
        }
        let is_stable = unchanged.len() == total(plans);
        desired = if is_stable { unchanged } else { complete(plans, unchanged, running, network)? };
        if is_stable {
            break;
        }
    }
    desired.sort_by(|a, b| (&a.plan.workload, &a.name).cmp(&(&b.plan.workload, &b.name)));
    Ok(desired)
}

fn total(plans: &[PodPlan]) -> usize {
    plans.iter().map(|plan| plan.replicas as usize).sum()
}

/// Adds new pods until each plan has its replicas.
fn complete(
    plans: &[PodPlan],
    mut pods: Vec<DesiredPod>,
    running: &[DesiredPod],
    network: &mut Network,
) -> Result<Vec<DesiredPod>, network::Error> {
    for plan in plans {
        while pods.iter().filter(|pod| pod.plan.workload == plan.workload).count() < plan.replicas as usize {
            // A terminating pod still uses its folder, so its name is taken.
            let is_taken = |name: &str| network.has_pod(name) || pods.iter().chain(running).any(|pod| pod.name == name);
            let candidates = (1..).map(|number: u32| format!("{}-{number}", plan.workload.name));
            let name = candidates.into_iter().find(|name| !is_taken(name)).unwrap_or_default();
            let address = network.allocate(&name)?;
            pods.push(DesiredPod { name, address, plan: plan.clone(), connect: Vec::new() });
        }
    }
    Ok(pods)
}

/// The `--connect` values of a pod. With a sidecar they name the sidecar for every port. Without one they name the pods
/// of each service, among which the program balances as kube-proxy does.
fn connect(pod: &DesiredPod, all: &[DesiredPod], resources: &Resources, outbound: &BTreeMap<u16, u16>) -> Vec<String> {
    if pod.plan.sidecar {
        let ports = outbound.iter().map(|(service, port)| format!(":{service}={}:{port}", pod.address));
        return ports.chain([format!(":={}:{}", pod.address, network::OUTBOUND_ANY)]).collect();
    }
    let mut connects = Vec::new();
    for (key, service) in &resources.services {
        let is_behind_service = |other: &&DesiredPod| {
            let selector = &service.spec.selector;
            other.plan.workload.namespace == key.namespace
                && !selector.is_empty()
                && selector.iter().all(|(name, value)| other.plan.labels.get(name) == Some(value))
        };
        let short_name = (key.namespace == pod.plan.workload.namespace).then(|| key.name.clone());
        let qualified_names =
            ["", ".svc", ".svc.cluster.local"].map(|domain| format!("{}.{}{domain}", key.name, key.namespace));
        for port in &service.spec.ports {
            // Sort by name: another order would look like a change the next time.
            let mut all: Vec<&DesiredPod> = all.iter().filter(is_behind_service).collect();
            all.sort_by(|a, b| a.name.cmp(&b.name));
            for other in all {
                let Some(target) = other.plan.target_port(port) else { continue };
                for name in short_name.iter().chain(&qualified_names) {
                    connects.push(format!("{name}:{}={}:{target}", port.port, other.address));
                }
            }
        }
    }
    connects
}

#[cfg(test)]
mod tests;
