//! Reconciles the mesh with a new set of resources: start new pods, change the proxies, terminate old pods.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

use super::{
    cert_rotation, change_summary,
    config_push::ConfigPush,
    desired::{self, DesiredPod},
    envoy_program::BOOTSTRAP,
    handle::MeshHandle,
    pod::{self, Pod, PodPaths},
    rollout,
    state::MeshState,
    termination, validation,
};
use crate::{
    control::types::{ApplyError, ApplyErrorKind},
    identity::secrets,
    manifest::Key,
    pods::{self, command::ENVOY_SOCKET},
    resources::Resources,
    topology::{Instance, Topology},
    translate::{self, Translation, bootstrap},
};

/// Deadline of a new pod's readiness. A pod usually needs half a second.
const READY_DEADLINE: Duration = Duration::from_secs(30);

/// Number of restarts after which a new pod counts as failed.
const MAX_RESTARTS: u32 = 2;

fn failed(error: impl std::fmt::Display) -> ApplyError {
    ApplyError::new(ApplyErrorKind::Failed, error.to_string())
}

/// Effect of a change on pods.
#[derive(Debug, Default)]
pub(super) struct ReconcileOutcome {
    /// Remarks for the user.
    pub(super) notes: Vec<String>,
    /// Receivers notified when the terminating pods have exited.
    pub(super) terminations: Vec<oneshot::Receiver<()>>,
}

/// Applies `resources`, with new pods for the Deployments in `restarted`. A failed change is rolled back.
///
/// # Errors
/// If the resources have problems, Envoy rejects the configuration, or a pod does not become ready.
pub(super) async fn reconcile(
    shared: &Arc<MeshHandle>,
    state: &mut MeshState,
    resources: Resources,
    restarted: &BTreeSet<Key>,
) -> Result<ReconcileOutcome, ApplyError> {
    let outbound = state.outbound_for(&resources);
    let plans = pods::plan(&resources, &shared.options.programs)?;
    let running = state.desired_pods();
    let desired =
        desired::schedule(&plans, &resources, &outbound, &running, restarted, &mut state.network).map_err(failed)?;
    let known: BTreeSet<&String> = running.iter().map(|pod| &pod.name).collect();
    let new: Vec<&DesiredPod> = desired.iter().filter(|pod| !known.contains(&pod.name)).collect();
    let kept: BTreeSet<&String> = desired.iter().map(|pod| &pod.name).collect();
    let terminating: BTreeSet<String> =
        running.iter().map(|pod| pod.name.clone()).filter(|name| !kept.contains(name)).collect();

    let started = start_and_roll_out(shared, state, &resources, &outbound, &new, &terminating).await;
    if let Err(apply_error) = started {
        rollback(shared, state, &new).await;
        return Err(apply_error);
    }

    let notes = if running.is_empty() {
        Vec::new()
    } else {
        change_summary::pod_changes(&running, &new, &terminating, restarted)
    };
    for desired in desired {
        if let Some(pod) = state.pods.get_mut(&desired.name) {
            pod.desired = Some(desired);
        }
    }
    state.resources = resources;
    state.outbound = outbound;
    let removed = terminating.iter().filter_map(|name| state.pods.remove(name)).collect();
    for name in &terminating {
        state.running.remove(name);
        state.config_pushes.remove(name);
    }
    Ok(ReconcileOutcome { notes, terminations: termination::terminate_in_background(shared, removed) })
}

/// Kills the pods started for a failed change. They received no requests, so they need not drain.
async fn rollback(shared: &MeshHandle, state: &mut MeshState, new: &[&DesiredPod]) {
    let mut started = Vec::new();
    for desired in new {
        state.running.remove(&desired.name);
        state.config_pushes.remove(&desired.name);
        match state.pods.remove(&desired.name) {
            Some(pod) => started.push(pod),
            None => state.network.release(desired.address),
        }
    }
    termination::terminate(shared, state, started, watch::Sender::new(true).subscribe()).await;
}

async fn start_and_roll_out(
    shared: &Arc<MeshHandle>,
    state: &mut MeshState,
    resources: &Resources,
    outbound: &BTreeMap<u16, u16>,
    new: &[&DesiredPod],
    terminating: &BTreeSet<String>,
) -> Result<(), ApplyError> {
    let instances: Vec<Instance> =
        new.iter().map(|pod| pod::instance_of(pod, &PodPaths::new(&shared.folder, &pod.name))).collect();
    let topology = state.topology(&shared.static_topology, resources, outbound.clone(), &instances, &BTreeSet::new());
    let draft = translate::translate(resources, &topology)?;
    // At the first start no serving proxy is affected, and the proxies validate their files themselves.
    let first = state.version == 0;
    if !first {
        let began = Instant::now();
        validation::validate_changed(shared, state, &topology, &draft).await?;
        tracing::debug!("validated within {:?}", began.elapsed());
    }
    if !state.pods.contains_key(&topology.gateway.name) {
        start(shared, state, &topology, &draft, None, topology.gateway.clone()).await?;
    }
    for (desired, instance) in new.iter().zip(instances) {
        start(shared, state, &topology, &draft, Some((*desired).clone()), instance).await?;
    }
    let started: Vec<&String> = new.iter().map(|desired| &desired.name).chain([&topology.gateway.name]).collect();
    wait_until_ready(state, &started).await?;
    if first {
        validation::check_after_start(shared, state, &topology, &draft).await?;
    }
    let topology = state.topology(&shared.static_topology, resources, outbound.clone(), &[], terminating);
    let mut target = translate::translate(resources, &topology)?;
    // A terminating pod keeps its configuration for its last requests.
    target.retain(|pod, _| !terminating.contains(pod));
    rollout::roll_out(state, &target).await?;
    Ok(())
}

/// Writes a pod's files and starts its processes.
async fn start(
    shared: &MeshHandle,
    state: &mut MeshState,
    topology: &Topology,
    translation: &Translation,
    desired: Option<DesiredPod>,
    instance: Instance,
) -> Result<(), ApplyError> {
    let name = instance.name.clone();
    let paths = PodPaths::new(&shared.folder, &name);
    paths.check_length().map_err(failed)?;
    pod::create_folder(&paths).map_err(|error| failed(format!("cannot create {}: {error}", paths.folder.display())))?;
    if instance.sidecar {
        let lifetime = shared.options.certificate_lifetime;
        let end = cert_rotation::renew(&shared.authority, &instance, &paths.folder, lifetime).map_err(failed)?;
        shared.expiries.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), end);
        let identity = bootstrap::Identity::of(&instance, topology);
        let bootstrap = bootstrap::dynamic(&identity, &paths.folder, &paths.socket(ENVOY_SOCKET));
        secrets::replace(&paths.folder.join(BOOTSTRAP), format!("{bootstrap:#}\n").as_bytes()).map_err(failed)?;
        let mut config_push = ConfigPush::new(&paths);
        let config = translation.get(&name).cloned().unwrap_or_default();
        let version = state.version.max(1);
        config_push.write(&config, version, false).await.map_err(failed)?;
        state.last_version = state.last_version.max(version);
        state.config_pushes.insert(name.clone(), config_push);
        state.running.insert(name.clone(), config);
    }
    let pod = Pod::start(instance, desired, paths, &shared.launcher).await.map_err(failed)?;
    state.pods.insert(name, pod);
    Ok(())
}

/// Waits until every part of the named pods is ready.
async fn wait_until_ready(state: &MeshState, names: &[&String]) -> Result<(), ApplyError> {
    let end = Instant::now() + READY_DEADLINE;
    for pod in names.iter().filter_map(|name| state.pods.get(*name)) {
        let ready = pod.readiness_flag();
        while !ready.load(Ordering::SeqCst) {
            // Give up on a process that keeps exiting.
            if Instant::now() >= end || pod.restarts() > MAX_RESTARTS {
                return Err(failed(format!(
                    "{} did not become ready; last log lines:{}",
                    pod.instance.name,
                    pod.last_log_lines()
                )));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(())
}
