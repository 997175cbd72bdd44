//! A running pod: folder, processes, readiness and metrics.

use std::{
    net::SocketAddrV4,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::{
    desired::DesiredPod,
    envoy_program, network,
    readiness::{ProbeTargets, ReadinessWatcher},
    spawner::{Program, Spawner},
    supervise::{self, SupervisedProcess},
};
use crate::{
    envoy::find::Envoy,
    pods::{PodPlan, command},
    progress::Progress,
    run_folder,
    telemetry::merged_metrics,
    topology::Instance,
};
use meshwalk_yaml::Diagnostic;

/// Grace period of Envoy, which usually exits at once.
const ENVOY_GRACE: Duration = Duration::from_secs(2);

/// Paths of a pod's files.
#[derive(Debug, Clone)]
pub(super) struct PodPaths {
    /// Folder of sockets and configuration.
    pub(super) folder: PathBuf,
    /// Log file of the application.
    pub(super) app_log: PathBuf,
    /// Log file of Envoy.
    pub(super) envoy_log: PathBuf,
    /// Access log of the proxy.
    pub(super) access_log: PathBuf,
}

impl PodPaths {
    pub(super) fn new(run: &Path, pod: &str) -> Self {
        let log = |part: &str| run.join("logs").join(format!("{pod}.{part}.log"));
        Self { folder: run.join(pod), app_log: log("app"), envoy_log: log("envoy"), access_log: log("access") }
    }

    /// # Errors
    /// If the path of a socket in the folder is too long.
    pub(super) fn check_length(&self) -> Result<(), run_folder::Error> {
        run_folder::check_socket_length(&self.socket(command::CONTROL_SOCKET))
    }

    pub(super) fn socket(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Everything needed to start a pod's processes.
#[derive(Debug, Clone)]
pub(super) struct Launcher {
    pub(super) spawner: Spawner,
    pub(super) envoy: Envoy,
    pub(super) progress: Progress,
    pub(super) changed: Arc<Notify>,
    pub(super) collector: String,
}

/// A running pod. The ingress gateway is a pod without an application.
#[derive(Debug)]
pub(super) struct Pod {
    pub(super) instance: Instance,
    /// Specification of the pod; `None` for the gateway.
    pub(super) desired: Option<DesiredPod>,
    pub(super) paths: PodPaths,
    pub(super) app: Option<SupervisedProcess>,
    pub(super) envoy: Option<SupervisedProcess>,
    readiness: ReadinessWatcher,
    metrics: JoinHandle<()>,
}

/// Error of starting a pod.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0}")]
    Diagnostic(Box<Diagnostic>),
    #[error("{pod}: cannot listen on {address} for its metrics: {source}")]
    Metrics { pod: String, address: SocketAddrV4, source: std::io::Error },
}

impl Pod {
    /// Starts the pod's processes. Its folder, certificates and proxy configuration must exist.
    pub(super) async fn start(
        instance: Instance,
        desired: Option<DesiredPod>,
        paths: PodPaths,
        launcher: &Launcher,
    ) -> Result<Self, Error> {
        let metrics = serve_metrics(&instance, &paths, desired.is_some()).await?;
        let envoy = instance.sidecar.then(|| start_envoy(&instance.name, &paths, launcher));
        let app = match &desired {
            Some(desired) => Some(start_app(desired, &paths, launcher)?),
            None => None,
        };
        let targets = ProbeTargets {
            app: app.as_ref().zip(desired.as_ref()).map(|(app, desired)| {
                (app.state(), paths.socket(command::ADMIN_SOCKET), desired.plan.readiness.clone())
            }),
            envoy: envoy.as_ref().map(|envoy| (envoy.state(), paths.socket(command::ENVOY_SOCKET))),
        };
        let readiness = ReadinessWatcher::start(targets, Arc::clone(&launcher.changed));
        Ok(Self { instance, desired, paths, app, envoy, readiness, metrics })
    }

    /// Flag that is true while every part is ready.
    pub(super) fn readiness_flag(&self) -> Arc<AtomicBool> {
        self.readiness.flag()
    }

    /// Number of unexpected exits of the pod's processes.
    pub(super) fn restarts(&self) -> u32 {
        [&self.app, &self.envoy].into_iter().flatten().map(|part| part.state().restarts()).sum()
    }

    /// Last log lines of the pod's processes, for an error.
    pub(super) fn last_log_lines(&self) -> String {
        let mut text = String::new();
        for (log, part) in [(&self.paths.app_log, self.app.is_some()), (&self.paths.envoy_log, self.envoy.is_some())] {
            if part {
                text.push_str(&format!("\n  {}:{}", log.display(), supervise::last_lines(log, 8)));
            }
        }
        text
    }

    /// Terminates the pod as Kubernetes does: the application drains while its sidecar still serves, then the sidecar
    /// exits. If `kill` becomes true, both are killed.
    pub(super) async fn terminate(self, kill: watch::Receiver<bool>) {
        drop(self.readiness);
        if let Some(app) = self.app {
            let seconds = self.desired.as_ref().map_or(0, |desired| desired.plan.grace_seconds);
            app.stop(Duration::from_secs(seconds.into()), kill.clone()).await;
        }
        if let Some(envoy) = self.envoy {
            envoy.stop(ENVOY_GRACE, kill).await;
        }
        self.metrics.abort();
        let _ = self.metrics.await;
    }
}

/// Creates a pod's folder.
pub(super) fn create_folder(paths: &PodPaths) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&paths.folder)
}

/// Instance of a desired pod, not ready yet.
pub(super) fn instance_of(desired: &DesiredPod, paths: &PodPaths) -> Instance {
    let PodPlan { workload, labels, service_account, ports, sidecar, .. } = &desired.plan;
    Instance {
        name: desired.name.clone(),
        workload: workload.name.clone(),
        namespace: workload.namespace.clone(),
        service_account: service_account.clone(),
        labels: labels.clone(),
        address: desired.address,
        container_ports: ports.clone(),
        sidecar: *sidecar,
        app_socket: paths.socket(command::APP_SOCKET),
        ready: false,
    }
}

async fn serve_metrics(instance: &Instance, paths: &PodPaths, has_app: bool) -> Result<JoinHandle<()>, Error> {
    let address = SocketAddrV4::new(instance.address, network::METRICS_PORT);
    let listener = TcpListener::bind(address).await.map_err(|source| Error::Metrics {
        pod: instance.name.clone(),
        address,
        source,
    })?;
    let router = merged_metrics::router(merged_metrics::Sources {
        envoy: instance.sidecar.then(|| paths.socket(command::ENVOY_SOCKET)),
        app: has_app.then(|| paths.socket(command::ADMIN_SOCKET)),
    });
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::warn!("the metrics server at {address} stopped: {error}");
        }
    }))
}

fn start_envoy(name: &str, paths: &PodPaths, launcher: &Launcher) -> SupervisedProcess {
    let socket = paths.socket(command::ENVOY_SOCKET);
    let program = envoy_program::program(&launcher.envoy.program, paths);
    let title = format!("the proxy of {name}");
    SupervisedProcess::start(launcher.spawner.clone(), program, title, launcher.progress.clone(), move || {
        remove(&socket)
    })
}

fn start_app(desired: &DesiredPod, paths: &PodPaths, launcher: &Launcher) -> Result<SupervisedProcess, Error> {
    let context = command::PodContext {
        name: &desired.name,
        address: desired.address,
        folder: &paths.folder,
        connect: &desired.connect,
        collector: &launcher.collector,
    };
    let environment = command::environment(&desired.plan, &context).map_err(Error::Diagnostic)?;
    let program = Program {
        file: desired.plan.program.clone(),
        arguments: command::arguments(&desired.plan, &context, &environment),
        environment,
        log: paths.app_log.clone(),
    };
    let sockets = [command::APP_SOCKET, command::ADMIN_SOCKET, command::CONTROL_SOCKET].map(|name| paths.socket(name));
    let title = format!("the app of {}", desired.name);
    let clear = move || sockets.iter().for_each(|socket| remove(socket));
    Ok(SupervisedProcess::start(launcher.spawner.clone(), program, title, launcher.progress.clone(), clear))
}

/// Removes a dead process's socket, which would block the next bind.
fn remove(socket: &Path) {
    let _ = std::fs::remove_file(socket);
}
