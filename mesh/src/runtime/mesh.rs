//! A mesh from its first process to its last.

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

/// Why a mesh does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files that it is to start with have problems.
    #[error(transparent)]
    Input(#[from] Diagnostics),
    /// It has no folder.
    #[error(transparent)]
    Folder(#[from] run_folder::Error),
    /// It has no network.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// It has no Envoy.
    #[error(transparent)]
    Envoy(#[from] find::Error),
    /// It has no CA.
    #[error(transparent)]
    Authority(#[from] authority::Error),
    /// The operating system said no.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried.
        action: String,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Something that it starts with was refused or did not come up.
    #[error("{0}")]
    Refused(ApplyError),
}

impl Error {
    /// Whether the input was at fault, so that the command exits with 2.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Input(_) | Self::Folder(run_folder::Error::Name { .. }))
            || matches!(self, Self::Refused(apply_error) if apply_error.kind.is_input())
    }
}

/// A mesh. Call [`Mesh::down`] whatever happens: it ends the processes in order and removes the folder.
#[derive(Debug)]
pub struct Mesh {
    shared: Arc<MeshHandle>,
    tasks: Vec<JoinHandle<()>>,
    resources: Option<Resources>,
    // Released last, in this order.
    _page: PagePort,
    _folder: RunFolder,
}

impl Mesh {
    /// Reads the resources, finds Envoy, and takes everything that the mesh needs for itself; starts no process.
    ///
    /// # Errors
    /// If the resources have problems, or something cannot be had.
    pub async fn claim(options: Options) -> Result<Self, Error> {
        let reading = Resources::read(&options.files)?;
        let resources = Resources::default().with(&reading)?;
        let folder = RunFolder::take(&options.name)?;
        let envoy = find::find(options.envoy.as_deref(), &options.progress).await?;
        let io_error = |action: String| move |source| Error::Io { action, source };
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).map_err(io_error(format!("make {}", logs.display())))?;
        let network = Network::take()?;
        let page = PagePort::take(options.page_port)?;
        let (collector, listener) = listen_for_spans(network.host()).await?;
        let traces = Arc::new(Traces::default());
        let router = collector::router(Arc::clone(&traces));
        let collecting = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!("spans are not received any more: {error}");
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
            tasks: vec![collecting],
            resources: Some(resources),
            _page: page,
            _folder: folder,
        })
    }

    /// Starts every pod and its proxy, and returns when all are ready and the control socket answers. May be dropped
    /// half way; [`Mesh::down`] ends what it started.
    ///
    /// # Errors
    /// If a part does not come up, or refuses its configuration.
    pub async fn start(&mut self) -> Result<(), Error> {
        let shared = &self.shared;
        let resources = self.resources.take().unwrap_or_default();
        shared.options.progress.say(format!(
            "starting {} and the ingress gateway",
            resources.deployments.keys().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ")
        ));
        let mut state = shared.state.lock().await;
        let suspects = change_summary::suspects(&Resources::default(), &resources);
        let started = reconcile::reconcile(shared, &mut state, resources, &BTreeSet::new()).await;
        started.map_err(|apply_error| Error::Refused(change_summary::with_suspects(apply_error, &suspects)))?;
        shared.publish(&state);
        drop(state);
        let socket = shared.folder.join(CONTROL_SOCKET);
        let listener = UnixListener::bind(&socket)
            .map_err(|source| Error::Io { action: format!("listen on {}", socket.display()), source })?;
        self.tasks.push(tokio::spawn(control_server::serve(listener, Arc::clone(shared))));
        self.tasks.push(tokio::spawn(follow_readiness(Arc::clone(shared))));
        self.tasks.push(tokio::spawn(renew_certificates(Arc::clone(shared))));
        Ok(())
    }

    /// What runs, and where.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Waits until somebody asks over the control socket for the end.
    pub async fn asked_to_end(&self) {
        self.shared.down.notified().await;
    }

    /// Ends every process and removes everything. Returns when nothing is left.
    pub async fn down(self) {
        let shared = &self.shared;
        shared.hurry.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
        // A change that is under way breaks off, and leaves what it started to us.
        let mut state = shared.state.lock().await;
        let pods = std::mem::take(&mut state.pods).into_values().collect();
        termination::end(shared, &mut state, pods, shared.hurry.subscribe()).await;
        drop(state);
        let drains = std::mem::take(&mut *shared.terminations.lock().unwrap_or_else(PoisonError::into_inner));
        for drain in drains {
            let _ = drain.await;
        }
    }
}

/// OpenTelemetry's own port where it is free; a collector that somebody runs on all addresses may have it.
async fn listen_for_spans(host: std::net::Ipv4Addr) -> Result<(SocketAddrV4, TcpListener), Error> {
    let io_error = |source| Error::Io { action: format!("listen for spans on {host}"), source };
    let listener = match TcpListener::bind(SocketAddrV4::new(host, COLLECTOR_PORT)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind(SocketAddrV4::new(host, 0)).await.map_err(io_error)?,
    };
    let port = listener.local_addr().map_err(io_error)?.port();
    Ok((SocketAddrV4::new(host, port), listener))
}

/// Endpoints follow readiness, as they do in a cluster.
async fn follow_readiness(shared: Arc<MeshHandle>) {
    loop {
        shared.launcher.changed.notified().await;
        let mut state = shared.state.lock().await;
        let (resources, outbound) = (state.resources.clone(), state.outbound.clone());
        let topology =
            state.topology(&shared.static_topology, &resources, outbound, &[], &std::collections::BTreeSet::new());
        let outcome = match translate::translate(&resources, &topology) {
            Ok(target) => rollout::roll_out(&mut state, &target).await.map_err(|apply_error| apply_error.to_string()),
            Err(diagnostics) => Err(diagnostics.to_string()),
        };
        if let Err(words) = outcome {
            shared.options.progress.say(format!("endpoints could not follow the pods' readiness: {words}"));
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
                Err(error) => shared.options.progress.say(format!("{name} keeps its old certificate: {error}")),
            }
        }
    }
}
