//! A service from its first port to its last request.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, middleware};
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    admin::Admin,
    app::App,
    config::{Address, Config, Drain},
    descriptors::DescriptorBudget,
    faults::{self, Control, ProcessFaults, Registry},
    health::{BlockReady, Readiness},
    host_check::require_valid_host,
    identity::Identity,
    net::{ConnTable, ConnectionGauges, Listener, PortGate, Routes, Server},
    routes::routes,
    telemetry::{Metrics, Traces},
};

/// How long the last spans may take at most. A collector that does not take them by then is not there.
const FLUSH: Duration = Duration::from_secs(5);

/// How long the control and the admin port may take for their last answers.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A service whose ports are open.
#[derive(Debug)]
pub struct Bound {
    app: Arc<App>,
    readiness: Readiness,
    faults: Registry,
    process_faults: ProcessFaults,
    drain: Drain,
    application: Port,
    /// Served to the very end: an unready process still says that it is unready.
    admin: Port,
    control: Port,
    /// Tasks besides the requests.
    tasks: [JoinHandle<()>; 1],
}

#[derive(Debug)]
struct Port {
    address: Address,
    server: Server,
}

/// Opens a service's ports and serves them, from within a runtime.
///
/// # Errors
/// A port that cannot be opened, by its flag, or a wrong fault rule.
pub async fn build(config: &Config, identity: Identity, traces: Traces, extra: Router) -> anyhow::Result<Bound> {
    let readiness = Readiness::default();
    let starting: BlockReady = readiness.block("ports");
    let faults = config.registry(&identity.instance)?;
    let metrics = Metrics::install(&identity)?;
    let budget = DescriptorBudget::new(config.limits.max_connections, config.upstreams.list().count())?;
    let app = Arc::new(App::new(config, identity.clone(), traces, budget.upstreams));
    let [application_table, admin_table, control_table] =
        [budget.application, budget.admin, budget.control].map(ConnTable::new);
    let connections = ConnectionGauges::new([
        ("application", Arc::clone(&application_table)),
        ("admin", Arc::clone(&admin_table)),
        ("control", Arc::clone(&control_table)),
    ]);
    let admin = Admin { identity, readiness: readiness.clone(), faults: faults.clone(), metrics, connections };

    let open = async |flag: &str, address: &Address, routes: Routes, table: &Arc<ConnTable>, gate: PortGate| {
        let settings = config.limits.port_settings(app.identity_headers.clone());
        let listener = Listener::bind(address).await.with_context(|| format!("cannot listen on {address} ({flag})"))?;
        let address = listener.address().clone();
        anyhow::Ok(Port { address, server: Server::start(listener, routes, settings, Arc::clone(table), gate) })
    };
    let ports = &config.ports;
    let routes = routes(Arc::clone(&app), faults.clone(), extra);
    // Only this port is ever closed by a fault.
    let application = open("--listen", &ports.listen, routes, &application_table, faults.port_gate()).await?;
    let token = ports.control_token()?;
    let process_faults = ProcessFaults::new(faults.clone());
    let control = Control {
        registry: faults.clone(),
        process_faults: process_faults.clone(),
        attempts: app.attempts.clone(),
        token,
        body_read_timeout: config.limits.body_read_timeout,
    };
    let control = faults::control_router(control).layer(middleware::from_fn(require_valid_host));
    let control =
        open("--control-listen", &ports.control_listen, control.into(), &control_table, PortGate::always_open())
            .await?;
    // Bind the admin port last: once `/startupz` answers, all ports are open.
    let admin = admin.router().layer(middleware::from_fn(require_valid_host));
    let admin =
        open("--admin-listen", &ports.admin_listen, admin.into(), &admin_table, PortGate::always_open()).await?;
    drop(starting);
    let tasks = [process_faults.follow()];
    Ok(Bound {
        app,
        readiness,
        faults,
        process_faults,
        drain: config.drain.clone(),
        application,
        admin,
        control,
        tasks,
    })
}

impl Bound {
    /// Where the application listens.
    pub fn address(&self) -> &Address {
        &self.application.address
    }

    /// Where probes and metrics are.
    pub fn admin_address(&self) -> &Address {
        &self.admin.address
    }

    /// Where faults are controlled.
    pub fn control_address(&self) -> &Address {
        &self.control.address
    }

    /// The active fault rules.
    pub fn faults(&self) -> &Registry {
        &self.faults
    }

    /// Says in the log where everything is.
    pub fn log_addresses(&self) {
        let identity = &self.app.identity;
        tracing::info!(
            service = identity.service,
            version = identity.release.as_str(),
            instance = identity.instance,
            listen = %self.address(),
            admin = %self.admin_address(),
            control = %self.control_address(),
            "serving"
        );
    }

    /// Serves until `stop`, then ends without cutting a request: unready at once, serving on for the delay, the port
    /// closed, requests in flight finished, spans sent.
    ///
    /// A fault that crashes the process ends it here, and does not return.
    ///
    /// # Errors
    /// Requests were still in flight at the deadline, and have been cut.
    pub async fn wait_termination(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self { app, readiness, faults, process_faults, drain, application, admin, control, tasks } = self;
        let (cut, _draining) = tokio::select! {
            ended = async {
                stop.await;
                let draining = readiness.block("drain");
                let cut = end(&app, &drain, application.server).await;
                faults.drained(std::time::Instant::now()).await;
                (cut, draining)
            } => ended,
            crash = process_faults.crash() => {
                // Who asked for it at run time learns that it was granted.
                control.server.drain(Instant::now() + LAST_WORDS).await;
                crash.carry_out()
            }
        };
        // A client that unblocked shutdown by deleting a rule still gets its response.
        let last_words = Instant::now() + LAST_WORDS;
        let _ = tokio::join!(control.server.drain(last_words), admin.server.drain(last_words));
        tasks.iter().for_each(JoinHandle::abort);
        anyhow::ensure!(
            cut == 0,
            "{} cut at the deadline (--drain-timeout)",
            if cut == 1 {
                "1 connection with a request in flight was".to_owned()
            } else {
                format!("{cut} connections with requests in flight were")
            }
        );
        tracing::info!("ended; nothing was cut");
        Ok(())
    }
}

/// Ends what the application does, and returns how many connections had to be cut.
async fn end(app: &App, drain: &Drain, application: Server) -> usize {
    app.begin_end();
    tracing::info!(delay = ?drain.drain_delay, "asked to end; unready, and serving on for the delay");
    tokio::time::sleep(drain.drain_delay).await;

    let deadline = Instant::now() + drain.drain_timeout;
    tracing::info!(timeout = ?drain.drain_timeout, "closing the port; requests in flight go on");
    let cut = application.drain(deadline).await;
    app.traces.flush(FLUSH.min(deadline.saturating_duration_since(Instant::now()))).await;
    cut
}
