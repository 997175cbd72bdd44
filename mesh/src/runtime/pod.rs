//! One pod as it runs: its folder, its processes, its readiness and its metrics page.

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
    readiness::{Subjects, Watch},
    spawner::{Program, Spawner},
    supervise::{self, Supervised},
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

/// Envoy ends at once when told; this is for an overloaded machine.
const ENVOY_GRACE: Duration = Duration::from_secs(2);

/// Where everything of a pod lies.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    /// The folder of its sockets and configuration.
    pub(super) folder: PathBuf,
    /// The application's log.
    pub(super) app_log: PathBuf,
    /// Envoy's log.
    pub(super) envoy_log: PathBuf,
    /// The proxy's access log.
    pub(super) access_log: PathBuf,
}

impl Paths {
    pub(super) fn of(run: &Path, pod: &str) -> Self {
        let log = |part: &str| run.join("logs").join(format!("{pod}.{part}.log"));
        Self { folder: run.join(pod), app_log: log("app"), envoy_log: log("envoy"), access_log: log("access") }
    }

    /// # Errors
    /// If a socket in the folder could not be bound.
    pub(super) fn check_length(&self) -> Result<(), run_folder::Error> {
        run_folder::check_socket_length(&self.socket(command::CONTROL_SOCKET))
    }

    pub(super) fn socket(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// What starting a pod needs beside the pod itself.
#[derive(Debug, Clone)]
pub(super) struct Launcher {
    pub(super) spawner: Spawner,
    pub(super) envoy: Envoy,
    pub(super) progress: Progress,
    pub(super) changed: Arc<Notify>,
    pub(super) collector: String,
}

/// A pod as it runs. The ingress gateway is one without an application.
#[derive(Debug)]
pub(super) struct Pod {
    pub(super) instance: Instance,
    /// What it was made from; the gateway was not made from a Deployment.
    pub(super) wanted: Option<DesiredPod>,
    pub(super) paths: Paths,
    pub(super) app: Option<Supervised>,
    pub(super) envoy: Option<Supervised>,
    watch: Watch,
    metrics: JoinHandle<()>,
}

/// Why a pod did not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0}")]
    Diagnostic(Box<Diagnostic>),
    #[error("{pod}: cannot listen on {address} for its metrics: {source}")]
    Metrics { pod: String, address: SocketAddrV4, source: std::io::Error },
}

impl Pod {
    /// Starts the pod's processes; its folder, certificates and proxy configuration must be there.
    pub(super) async fn start(
        instance: Instance,
        wanted: Option<DesiredPod>,
        paths: Paths,
        launcher: &Launcher,
    ) -> Result<Self, Error> {
        let metrics = serve_metrics(&instance, &paths, wanted.is_some()).await?;
        let envoy = instance.sidecar.then(|| start_envoy(&instance.name, &paths, launcher));
        let app = match &wanted {
            Some(wanted) => Some(start_app(wanted, &paths, launcher)?),
            None => None,
        };
        let subjects = Subjects {
            app: app
                .as_ref()
                .zip(wanted.as_ref())
                .map(|(app, wanted)| (app.state(), paths.socket(command::ADMIN_SOCKET), wanted.plan.readiness.clone())),
            envoy: envoy.as_ref().map(|envoy| (envoy.state(), paths.socket(command::ENVOY_SOCKET))),
        };
        let watch = Watch::start(subjects, Arc::clone(&launcher.changed));
        Ok(Self { instance, wanted, paths, app, envoy, watch, metrics })
    }

    /// Whether every part is ready now.
    pub(super) fn ready(&self) -> Arc<AtomicBool> {
        self.watch.ready()
    }

    /// How often a part of it ended unasked.
    pub(super) fn restarts(&self) -> u32 {
        [&self.app, &self.envoy].into_iter().flatten().map(|part| part.state().restarts()).sum()
    }

    /// What has not come up, with the last words of its log: for a message.
    pub(super) fn last_words(&self) -> String {
        let mut text = String::new();
        for (log, part) in [(&self.paths.app_log, self.app.is_some()), (&self.paths.envoy_log, self.envoy.is_some())] {
            if part {
                text.push_str(&format!("\n  {}:{}", log.display(), supervise::last_lines(log, 8)));
            }
        }
        text
    }

    /// Ends it as Kubernetes does: the application drains while its sidecar still serves it, then that ends too. All
    /// ends at once when `hurry` becomes true.
    pub(super) async fn end(self, hurry: watch::Receiver<bool>) {
        drop(self.watch);
        if let Some(app) = self.app {
            let seconds = self.wanted.as_ref().map_or(0, |wanted| wanted.plan.grace_seconds);
            app.end(Duration::from_secs(seconds.into()), hurry.clone()).await;
        }
        if let Some(envoy) = self.envoy {
            envoy.end(ENVOY_GRACE, hurry).await;
        }
        self.metrics.abort();
        let _ = self.metrics.await;
    }
}

/// Prepares a pod's folder.
pub(super) fn make_folder(paths: &Paths) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&paths.folder)
}

/// The instance that a wanted pod will be; not ready yet.
pub(super) fn instance_of(wanted: &DesiredPod, paths: &Paths) -> Instance {
    let PodPlan { workload, labels, service_account, ports, sidecar, .. } = &wanted.plan;
    Instance {
        name: wanted.name.clone(),
        workload: workload.name.clone(),
        namespace: workload.namespace.clone(),
        service_account: service_account.clone(),
        labels: labels.clone(),
        address: wanted.address,
        container_ports: ports.clone(),
        sidecar: *sidecar,
        app_socket: paths.socket(command::APP_SOCKET),
        ready: false,
    }
}

async fn serve_metrics(instance: &Instance, paths: &Paths, has_app: bool) -> Result<JoinHandle<()>, Error> {
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
            tracing::warn!("the metrics page at {address} has ended: {error}");
        }
    }))
}

fn start_envoy(name: &str, paths: &Paths, launcher: &Launcher) -> Supervised {
    let socket = paths.socket(command::ENVOY_SOCKET);
    let program = envoy_program::program(&launcher.envoy.program, paths);
    let title = format!("the proxy of {name}");
    Supervised::start(launcher.spawner.clone(), program, title, launcher.progress.clone(), move || remove(&socket))
}

fn start_app(wanted: &DesiredPod, paths: &Paths, launcher: &Launcher) -> Result<Supervised, Error> {
    let context = command::PodContext {
        name: &wanted.name,
        address: wanted.address,
        folder: &paths.folder,
        connect: &wanted.connect,
        collector: &launcher.collector,
    };
    let environment = command::environment(&wanted.plan, &context).map_err(Error::Diagnostic)?;
    let program = Program {
        file: wanted.plan.program.clone(),
        arguments: command::arguments(&wanted.plan, &context, &environment),
        environment,
        log: paths.app_log.clone(),
    };
    let sockets = [command::APP_SOCKET, command::ADMIN_SOCKET, command::CONTROL_SOCKET].map(|name| paths.socket(name));
    let title = format!("the app of {}", wanted.name);
    let clear = move || sockets.iter().for_each(|socket| remove(socket));
    Ok(Supervised::start(launcher.spawner.clone(), program, title, launcher.progress.clone(), clear))
}

/// A dead process leaves its socket behind, and the next one could not bind it.
fn remove(socket: &Path) {
    let _ = std::fs::remove_file(socket);
}
