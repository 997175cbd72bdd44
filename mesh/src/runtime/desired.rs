//! Which pods shall run, and which of those that run are among them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use super::network::{self, Network};
use crate::{manifest::Key, pods::PodPlan, resources::Resources};

/// A pod that shall run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DesiredPod {
    /// Its name, as `backend-v1-1`.
    pub(super) name: String,
    /// Its address.
    pub(super) address: Ipv4Addr,
    /// What it is.
    pub(super) plan: PodPlan,
    /// Where its requests for services really go, as `--connect` takes it.
    pub(super) connect: Vec<String>,
}

/// Chooses names and addresses for the pods of all plans. A pod that runs already and would be the same is kept; one
/// that would be another gets a new name and address, so that both can run for a while; so does one of a Deployment
/// that shall have new pods, `anew`.
///
/// # Errors
/// If the network has no address left; then it has as many as before.
pub(super) fn schedule(
    plans: &[PodPlan],
    resources: &Resources,
    outbound: &BTreeMap<u16, u16>,
    running: &[DesiredPod],
    restarted: &BTreeSet<Key>,
    network: &mut Network,
) -> Result<Vec<DesiredPod>, network::Error> {
    let before = network.in_use();
    let chosen = resolve_connects(plans, resources, outbound, running, restarted, network);
    if chosen.is_err() {
        network.back_to(&before);
    }
    chosen
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
    let mut wanted = complete(plans, kept, running, network)?;
    // What a pod is told of others may have changed, and then it is another pod itself; nobody is told of a pod
    // that only calls, so that this settles soon.
    for _ in 0..plans.len() + 1 {
        let told: Vec<Vec<String>> = wanted.iter().map(|pod| connect(pod, &wanted, resources, outbound)).collect();
        let mut stay = Vec::new();
        for (mut pod, told) in wanted.into_iter().zip(told) {
            let runs = running.iter().find(|other| other.name == pod.name);
            if runs.is_none_or(|other| other.connect == told) {
                pod.connect = told;
                stay.push(pod);
            }
        }
        let settled = stay.len() == total(plans);
        wanted = if settled { stay } else { complete(plans, stay, running, network)? };
        if settled {
            break;
        }
    }
    wanted.sort_by(|a, b| (&a.plan.workload, &a.name).cmp(&(&b.plan.workload, &b.name)));
    Ok(wanted)
}

fn total(plans: &[PodPlan]) -> usize {
    plans.iter().map(|plan| plan.replicas as usize).sum()
}

/// Adds new pods until each plan has as many as it asks for.
fn complete(
    plans: &[PodPlan],
    mut pods: Vec<DesiredPod>,
    running: &[DesiredPod],
    network: &mut Network,
) -> Result<Vec<DesiredPod>, network::Error> {
    for plan in plans {
        while pods.iter().filter(|pod| pod.plan.workload == plan.workload).count() < plan.replicas as usize {
            // A pod that is on its way out still has its folder, which the next one of its name would lose to it.
            let taken = |name: &str| network.has(name) || pods.iter().chain(running).any(|pod| pod.name == name);
            let candidates = (1..).map(|number: u32| format!("{}-{number}", plan.workload.name));
            let name = candidates.into_iter().find(|name| !taken(name)).unwrap_or_default();
            let address = network.pod(&name)?;
            pods.push(DesiredPod { name, address, plan: plan.clone(), connect: Vec::new() });
        }
    }
    Ok(pods)
}

/// A pod with a sidecar finds its sidecar under every service port; one without goes to the pods behind each service
/// itself, and is spread over them as by kube-proxy.
fn connect(pod: &DesiredPod, all: &[DesiredPod], resources: &Resources, outbound: &BTreeMap<u16, u16>) -> Vec<String> {
    if pod.plan.sidecar {
        let ports = outbound.iter().map(|(service, port)| format!(":{service}={}:{port}", pod.address));
        return ports.chain([format!(":={}:{}", pod.address, network::OUTBOUND_ANY)]).collect();
    }
    let mut told = Vec::new();
    for (key, service) in &resources.services {
        let behind = |other: &&DesiredPod| {
            let selector = &service.spec.selector;
            other.plan.workload.namespace == key.namespace
                && !selector.is_empty()
                && selector.iter().all(|(name, value)| other.plan.labels.get(name) == Some(value))
        };
        let near = (key.namespace == pod.plan.workload.namespace).then(|| key.name.clone());
        let far = ["", ".svc", ".svc.cluster.local"].map(|domain| format!("{}.{}{domain}", key.name, key.namespace));
        for port in &service.spec.ports {
            // In the order of their names: that in which they were chosen would pass for a change the next time.
            let mut all: Vec<&DesiredPod> = all.iter().filter(behind).collect();
            all.sort_by(|a, b| a.name.cmp(&b.name));
            for other in all {
                let Some(target) = other.plan.target_port(port) else { continue };
                for name in near.iter().chain(&far) {
                    told.push(format!("{name}:{}={}:{target}", port.port, other.address));
                }
            }
        }
    }
    told
}

#[cfg(test)]
mod tests;
