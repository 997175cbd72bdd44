//! Start and stop of a mesh.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddrV4,
    sync::{Arc, PoisonError},
};

use meshwalk_yaml::Diagnostics;
use time::OffsetDateTime;
use tokio::{
    net::{TcpListener, UnixListener},
    sync::Notify,
    task::JoinHandle,
};

use super::{
    cert_rotation, change_summary, control_server,
    handle::MeshHandle,
    network::{self, COLLECTOR_PORT, Network, PagePort},
    options::Options,
    pod::Launcher,
    reconcile, rollout,
    spawner::Spawner,
    state::{MeshState, StaticTopology},
    termination,
};
use crate::{
    control::types::{ApplyError, Status},
    envoy::find,
    identity::authority::{self, Authority},
    resources::Resources,
    run_folder::{self, CONTROL_SOCKET, RunFolder},
    telemetry::{collector, traces::Traces},
    translate,
};

/// Error of starting a mesh.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input files have problems.
    #[error(transparent)]
    Input(#[from] Diagnostics),
    /// The runtime folder cannot be created.
    #[error(transparent)]
    Folder(#[from] run_folder::Error),
    /// No network or port is free.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// Envoy is not available.
    #[error(transparent)]
    Envoy(#[from] find::Error),
    /// The certificate authority cannot be created.
    #[error(transparent)]
    Authority(#[from] authority::Error),
    /// An operation of the operating system failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// The operation.
        action: String,
        /// Reason of the operating system.
        source: io::Error,
    },
    /// The configuration was rejected, or a process did not become ready.
    #[error("{0}")]
    Rejected(ApplyError),
}

impl Error {
    /// True if the input is invalid; the command then exits with 2.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Input(_) | Self::Folder(run_folder::Error::Name { .. }))
            || matches!(self, Self::Rejected(apply_error) if apply_error.kind.is_input())
    }
}

/// A mesh. Always call [`Mesh::down`]: it stops the processes in order and removes the folder.
#[derive(Debug)]
pub struct Mesh {
    shared: Arc<MeshHandle>,
    tasks: Vec<JoinHandle<()>>,
    resources: Option<Resources>,
    // Dropped last, in this order.
    _page: PagePort,
    _folder: RunFolder,
}

impl Mesh {
    /// Reads the resources, finds Envoy, and reserves folder, network and ports. Starts no process.
    ///
    /// # Errors
    /// If the resources have problems, or something cannot be reserved.
    pub async fn prepare(options: Options) -> Result<Self, Error> {
        let manifests = Resources::read(&options.files)?;
        let resources = Resources::default().with(&manifests)?;
        let folder = RunFolder::take(&options.name)?;
        let envoy = find::find(options.envoy.as_deref(), &options.progress).await?;
        let io_error = |action: String| move |source| Error::Io { action, source };
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).map_err(io_error(format!("create {}", logs.display())))?;
        let network = Network::take()?;
        let page = PagePort::take(options.page_port)?;
        let (collector, listener) = listen_for_spans(network.host()).await?;
        let traces = Arc::new(Traces::default());
        let router = collector::router(Arc::clone(&traces));
        let collector_task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!("the span receiver stopped: {error}");
            }
        });
        let launcher = Launcher {
            spawner: Spawner::start(&options.launcher).map_err(io_error("start a thread".to_owned()))?,
            envoy,
            progress: options.progress.clone(),
            changed: Arc::new(Notify::new()),
            collector: format!("http://{collector}"),
        };
        let static_topology = StaticTopology::new(&options, network.gateway(), collector, page.port);
        let authority = Authority::new()?;
        let path = folder.path().to_owned();
        let shared =
            MeshHandle::new(options, path, launcher, authority, static_topology, MeshState::new(network), traces);
        Ok(Self {
            shared: Arc::new(shared),
            tasks: vec![collector_task],
            resources: Some(resources),
            _page: page,
            _folder: folder,
        })
    }

    /// Starts all pods and proxies, and waits until they are ready and the control socket accepts requests. If this
    /// future is dropped, [`Mesh::down`] stops what was started.
    ///
    /// # Errors
    /// If a process does not become ready, or Envoy rejects its configuration.
    pub async fn start(&mut self) -> Result<(), Error> {
        let shared = &self.shared;
        let resources = self.resources.take().unwrap_or_default();
        shared.options.progress.report(format!(
            "starting {} and the ingress gateway",
            resources.deployments.keys().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ")
        ));
        let mut state = shared.state.lock().await;
        let causes = change_summary::changed_resources(&Resources::default(), &resources);
        let started = reconcile::reconcile(shared, &mut state, resources, &BTreeSet::new()).await;
        started.map_err(|apply_error| Error::Rejected(change_summary::with_possible_causes(apply_error, &causes)))?;
        shared.publish(&state);
        drop(state);
        let socket = shared.folder.join(CONTROL_SOCKET);
        let listener = UnixListener::bind(&socket)
            .map_err(|source| Error::Io { action: format!("listen on {}", socket.display()), source })?;
        self.tasks.push(tokio::spawn(control_server::serve(listener, Arc::clone(shared))));
        self.tasks.push(tokio::spawn(update_endpoints(Arc::clone(shared))));
        self.tasks.push(tokio::spawn(renew_certificates(Arc::clone(shared))));
        Ok(())
    }

    /// Status of the mesh and its pods.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Waits until a client requests the stop of the mesh.
    pub async fn wait_until_stop_requested(&self) {
        self.shared.stop_requested.notified().await;
    }

    /// Stops every process, removes all files, and waits until both are done.
    pub async fn down(self) {
        let shared = &self.shared;
        shared.kill.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
        // A running change is cancelled; its new pods are in the state.
        let mut state = shared.state.lock().await;
        let pods = std::mem::take(&mut state.pods).into_values().collect();
        termination::terminate(shared, &mut state, pods, shared.kill.subscribe()).await;
        drop(state);
        let drains = std::mem::take(&mut *shared.terminations.lock().unwrap_or_else(PoisonError::into_inner));
        for drain in drains {
            let _ = drain.await;
        }
    }
}

/// Listens on OTLP's standard port, or on any free port if another collector uses that one.
async fn listen_for_spans(host: std::net::Ipv4Addr) -> Result<(SocketAddrV4, TcpListener), Error> {
    let io_error = |source| Error::Io { action: format!("listen for spans on {host}"), source };
    let listener = match TcpListener::bind(SocketAddrV4::new(host, COLLECTOR_PORT)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind(SocketAddrV4::new(host, 0)).await.map_err(io_error)?,
    };
    let port = listener.local_addr().map_err(io_error)?.port();
    Ok((SocketAddrV4::new(host, port), listener))
}

/// Updates endpoints when the readiness of a pod changes.
async fn update_endpoints(shared: Arc<MeshHandle>) {
    loop {
        shared.launcher.changed.notified().await;
        let mut state = shared.state.lock().await;
        let (resources, outbound) = (state.resources.clone(), state.outbound.clone());
        let topology = state.topology(&shared.static_topology, &resources, outbound, &[], &BTreeSet::new());
        let outcome = match translate::translate(&resources, &topology) {
            Ok(target) => rollout::roll_out(&mut state, &target).await.map_err(|apply_error| apply_error.to_string()),
            Err(diagnostics) => Err(diagnostics.to_string()),
        };
        if let Err(reason) = outcome {
            shared.options.progress.report(format!("cannot update endpoints after a readiness change: {reason}"));
        }
        shared.publish(&state);
    }
}

async fn renew_certificates(shared: Arc<MeshHandle>) {
    let lifetime = shared.options.certificate_lifetime;
    loop {
        tokio::time::sleep(cert_rotation::period(lifetime)).await;
        let state = shared.state.lock().await;
        let mut expiries = shared.expiries.lock().unwrap_or_else(PoisonError::into_inner);
        for name in cert_rotation::due(&expiries, lifetime, OffsetDateTime::now_utc()) {
            let Some(pod) = state.pods.get(&name) else { continue };
            match cert_rotation::renew(&shared.authority, &pod.instance, &pod.paths.folder, lifetime) {
                Ok(end) => drop(expiries.insert(name, end)),
                Err(error) => shared
                    .options
                    .progress
                    .report(format!("cannot renew the certificate of {name}: {error}; the old one stays in use")),
            }
        }
    }
}
