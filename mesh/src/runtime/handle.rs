//! State shared by the tasks of a running mesh.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use time::format_description::well_known::Rfc3339;
use tokio::{
    sync::{Mutex, Notify, watch},
    task::JoinHandle,
};

use super::{
    cert_rotation::Expiries,
    network::METRICS_PORT,
    options::Options,
    pod::{Launcher, Pod},
    state::{MeshState, StaticTopology},
};
use crate::{
    control::types::{Addresses, InstanceStatus, Status},
    identity::authority::Authority,
    manifest::WithoutEffect,
    pods::command::{ADMIN_SOCKET, CONTROL_SOCKET, ENVOY_SOCKET},
    telemetry::{merged_metrics, traces::Traces},
};

/// State shared by the tasks of a running mesh.
#[derive(Debug)]
pub(super) struct MeshHandle {
    pub(super) options: Options,
    pub(super) folder: PathBuf,
    pub(super) launcher: Launcher,
    pub(super) authority: Authority,
    pub(super) static_topology: StaticTopology,
    /// Locked for the whole of a change.
    pub(super) state: Mutex<MeshState>,
    pub(super) expiries: std::sync::Mutex<Expiries>,
    pub(crate) traces: Arc<Traces>,
    /// Status for queries, readable during a change.
    view: RwLock<Arc<StatusView>>,
    /// Tasks of terminating pods.
    pub(super) terminations: std::sync::Mutex<Vec<JoinHandle<()>>>,
    /// Becomes true when all processes must exit at once.
    pub(super) kill: watch::Sender<bool>,
    /// Notified when a client requests the stop of the mesh.
    pub(super) stop_requested: Notify,
}

/// Status after the last change.
#[derive(Debug, Default)]
struct StatusView {
    version: u64,
    network: String,
    gateway: String,
    gateway_metrics: String,
    pods: Vec<PodView>,
    without_effect: Vec<WithoutEffect>,
}

/// Status of one pod. Readiness and process IDs are read when the status is queried.
#[derive(Debug)]
struct PodView {
    fixed: InstanceStatus,
    ready: Arc<std::sync::atomic::AtomicBool>,
    app: Option<Arc<super::supervise::ProcessState>>,
    envoy: Option<Arc<super::supervise::ProcessState>>,
}

impl MeshHandle {
    pub(super) fn new(
        options: Options,
        folder: PathBuf,
        launcher: Launcher,
        authority: Authority,
        static_topology: StaticTopology,
        state: MeshState,
        traces: Arc<Traces>,
    ) -> Self {
        Self {
            options,
            folder,
            launcher,
            authority,
            static_topology,
            state: Mutex::new(state),
            expiries: std::sync::Mutex::default(),
            traces,
            view: RwLock::default(),
            terminations: std::sync::Mutex::default(),
            kill: watch::Sender::new(false),
            stop_requested: Notify::new(),
        }
    }

    /// Updates the status for queries.
    pub(super) fn publish(&self, state: &MeshState) {
        let mut pods: Vec<PodView> = state.pods.values().map(|pod| view_of(pod, state)).collect();
        // The gateway first, then by name.
        pods.sort_by_key(|pod| (pod.app.is_some(), pod.fixed.name.clone()));
        let gateway = state.network.gateway();
        let view = StatusView {
            version: state.version,
            network: state.network.name(),
            gateway: format!("{gateway}:{}", super::network::GATEWAY_PORT),
            gateway_metrics: metrics_url(gateway),
            pods,
            without_effect: state.resources.without_effect.clone(),
        };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
    }

    /// Status of the mesh and its pods.
    pub(crate) fn status(&self) -> Status {
        let view = Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner));
        let expiries = self.expiries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let instances = view.pods.iter().map(|pod| {
            let restarts = [&pod.app, &pod.envoy].into_iter().flatten().map(|state| state.restarts()).sum();
            let expires = expiries.get(&pod.fixed.name).and_then(|end| end.replace_nanosecond(0).ok());
            InstanceStatus {
                ready: pod.ready.load(std::sync::atomic::Ordering::SeqCst),
                restarts,
                pid: pod.app.as_ref().and_then(|state| state.pid()),
                envoy_pid: pod.envoy.as_ref().and_then(|state| state.pid()),
                certificate_expires: expires.and_then(|end| end.format(&Rfc3339).ok()),
                ..pod.fixed.clone()
            }
        });
        Status {
            name: self.options.name.clone(),
            network: view.network.clone(),
            folder: self.folder.clone(),
            envoy_version: self.launcher.envoy.version.clone(),
            config_version: view.version,
            addresses: Addresses {
                page: format!("http://meshwalk.localhost:{}", self.static_topology.page.port()),
                gateway: view.gateway.clone(),
                metrics: view.gateway_metrics.clone(),
                collector: self.launcher.collector.clone(),
                logs: self.folder.join("logs"),
            },
            instances: instances.collect(),
            without_effect: view.without_effect.clone(),
        }
    }
}

fn metrics_url(address: std::net::Ipv4Addr) -> String {
    format!("http://{address}:{METRICS_PORT}{}", merged_metrics::PATH)
}

fn view_of(pod: &Pod, state: &MeshState) -> PodView {
    let instance = &pod.instance;
    let fixed = InstanceStatus {
        name: instance.name.clone(),
        workload: instance.workload.clone(),
        namespace: instance.namespace.clone(),
        service_account: instance.service_account.clone(),
        version: instance.labels.get("version").cloned(),
        labels: instance.labels.clone(),
        address: instance.address,
        sidecar: instance.sidecar,
        ready: false,
        restarts: 0,
        pid: None,
        envoy_pid: None,
        config_version: state.running.contains_key(&instance.name).then_some(state.version),
        certificate_expires: None,
        app_socket: instance.app_socket.clone(),
        admin_socket: pod.paths.socket(ADMIN_SOCKET),
        control_socket: pod.paths.socket(CONTROL_SOCKET),
        envoy_admin_socket: pod.paths.socket(ENVOY_SOCKET),
        app_log: pod.paths.app_log.clone(),
        envoy_log: pod.paths.envoy_log.clone(),
        access_log: pod.paths.access_log.clone(),
        metrics_url: metrics_url(instance.address),
    };
    PodView {
        fixed,
        ready: pod.readiness_flag(),
        app: pod.app.as_ref().map(super::supervise::SupervisedProcess::state),
        envoy: pod.envoy.as_ref().map(super::supervise::SupervisedProcess::state),
    }
}
