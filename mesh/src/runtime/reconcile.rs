//! From one set of resources to another: new pods come up before anything leads to them, proxies change, old pods go.

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
    pod::{self, Paths, Pod},
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

/// A program and its sidecar are up within half a second; a small machine under load gets a lot more.
const READY_DEADLINE: Duration = Duration::from_secs(30);

/// How often a new pod's parts may end and be started again before it is given up.
const MOST_RESTARTS: u32 = 2;

fn failed(error: impl std::fmt::Display) -> ApplyError {
    ApplyError::new(ApplyErrorKind::Failed, error.to_string())
}

/// What a transition did to pods.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// In words.
    pub(super) notes: Vec<String>,
    /// For each pod that goes, what tells when it is gone.
    pub(super) terminations: Vec<oneshot::Receiver<()>>,
}

/// Puts `resources` in force, with new pods for the Deployments in `anew` even where nothing of them has changed.
/// Everything is as before if it fails.
///
/// # Errors
/// If the resources have problems, Envoy refuses what they ask for, or a pod does not come up.
pub(super) async fn reconcile(
    shared: &Arc<MeshHandle>,
    state: &mut MeshState,
    resources: Resources,
    restarted: &BTreeSet<Key>,
) -> Result<Outcome, ApplyError> {
    let outbound = state.outbound_for(&resources);
    let plans = pods::plan(&resources, &shared.options.programs)?;
    let running = state.wanted();
    let wanted =
        desired::schedule(&plans, &resources, &outbound, &running, restarted, &mut state.network).map_err(failed)?;
    let known: BTreeSet<&String> = running.iter().map(|pod| &pod.name).collect();
    let new: Vec<&DesiredPod> = wanted.iter().filter(|pod| !known.contains(&pod.name)).collect();
    let stay: BTreeSet<&String> = wanted.iter().map(|pod| &pod.name).collect();
    let going: BTreeSet<String> =
        running.iter().map(|pod| pod.name.clone()).filter(|name| !stay.contains(name)).collect();

    let started = start_and_roll_out(shared, state, &resources, &outbound, &new, &going).await;
    if let Err(apply_error) = started {
        rollback(shared, state, &new).await;
        return Err(apply_error);
    }

    let notes =
        if running.is_empty() { Vec::new() } else { change_summary::of_pods(&running, &new, &going, restarted) };
    for wanted in wanted {
        if let Some(pod) = state.pods.get_mut(&wanted.name) {
            pod.wanted = Some(wanted);
        }
    }
    state.resources = resources;
    state.outbound = outbound;
    let gone = going.iter().filter_map(|name| state.pods.remove(name)).collect();
    for name in &going {
        state.running.remove(name);
        state.config_pushes.remove(name);
    }
    Ok(Outcome { notes, terminations: termination::end_later(shared, gone) })
}

/// Ends the pods that were started for a change that failed. Nobody was led to them, so they need no time to drain.
async fn rollback(shared: &MeshHandle, state: &mut MeshState, new: &[&DesiredPod]) {
    let mut started = Vec::new();
    for wanted in new {
        state.running.remove(&wanted.name);
        state.config_pushes.remove(&wanted.name);
        match state.pods.remove(&wanted.name) {
            Some(pod) => started.push(pod),
            None => state.network.release(wanted.address),
        }
    }
    termination::end(shared, state, started, watch::Sender::new(true).subscribe()).await;
}

async fn start_and_roll_out(
    shared: &Arc<MeshHandle>,
    state: &mut MeshState,
    resources: &Resources,
    outbound: &BTreeMap<u16, u16>,
    new: &[&DesiredPod],
    going: &BTreeSet<String>,
) -> Result<(), ApplyError> {
    let instances: Vec<Instance> =
        new.iter().map(|pod| pod::instance_of(pod, &Paths::of(&shared.folder, &pod.name))).collect();
    let topology = state.topology(&shared.static_topology, resources, outbound.clone(), &instances, &BTreeSet::new());
    let draft = translate::translate(resources, &topology)?;
    // At the first start there is nothing that a refused configuration could disturb, and the proxies judge it themselves.
    let first = state.version == 0;
    if !first {
        let began = Instant::now();
        validation::of_changed(shared, state, &topology, &draft).await?;
        tracing::debug!("validated within {:?}", began.elapsed());
    }
    if !state.pods.contains_key(&topology.gateway.name) {
        start(shared, state, &topology, &draft, None, topology.gateway.clone()).await?;
    }
    for (wanted, instance) in new.iter().zip(instances) {
        start(shared, state, &topology, &draft, Some((*wanted).clone()), instance).await?;
    }
    let started: Vec<&String> = new.iter().map(|wanted| &wanted.name).chain([&topology.gateway.name]).collect();
    wait_until_ready(state, &started).await?;
    if first {
        validation::at_start(shared, state, &topology, &draft).await?;
    }
    let topology = state.topology(&shared.static_topology, resources, outbound.clone(), &[], going);
    let mut target = translate::translate(resources, &topology)?;
    // A pod that leaves keeps what it has for the requests that it still makes.
    target.retain(|pod, _| !going.contains(pod));
    rollout::roll_out(state, &target).await?;
    Ok(())
}

/// Writes a pod's files and starts its processes.
async fn start(
    shared: &MeshHandle,
    state: &mut MeshState,
    topology: &Topology,
    translation: &Translation,
    wanted: Option<DesiredPod>,
    instance: Instance,
) -> Result<(), ApplyError> {
    let name = instance.name.clone();
    let paths = Paths::of(&shared.folder, &name);
    paths.check_length().map_err(failed)?;
    pod::make_folder(&paths).map_err(|error| failed(format!("cannot make {}: {error}", paths.folder.display())))?;
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
    let pod = Pod::start(instance, wanted, paths, &shared.launcher).await.map_err(failed)?;
    state.pods.insert(name, pod);
    Ok(())
}

/// Waits until the named pods are ready in every part.
async fn wait_until_ready(state: &MeshState, names: &[&String]) -> Result<(), ApplyError> {
    let end = Instant::now() + READY_DEADLINE;
    for pod in names.iter().filter_map(|name| state.pods.get(*name)) {
        let ready = pod.ready();
        while !ready.load(Ordering::SeqCst) {
            // A program that keeps on ending will not get ready by waiting.
            if Instant::now() >= end || pod.restarts() > MOST_RESTARTS {
                return Err(failed(format!(
                    "{} did not come up; its last words:{}",
                    pod.instance.name,
                    pod.last_words()
                )));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(())
}
