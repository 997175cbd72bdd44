//! A service's program, from its command line to its exit code.

use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use tokio::runtime::{Builder, Runtime};

use crate::{
    config::Config,
    console, server,
    signals::Signals,
    telemetry::{self, TelemetrySettings, Traces},
};

/// A wrong command line or environment (`EX_USAGE` of sysexits.h). No port has been opened then.
const USAGE: u8 = 64;

/// Workers at most. A sample workload does not take a large node.
const MAX_WORKERS: usize = 4;

/// One of the workload's programs.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    about: &'static str,
    routes: Router,
}

impl Program {
    /// A program of this name, which is also the service's name unless told otherwise.
    pub fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about, routes: Router::new() }
    }

    /// Serves these routes in addition to `/api/hello`, with the same limits and telemetry, but out of the faults' reach.
    #[must_use]
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.routes = routes;
        self
    }

    /// Runs the program: 0 after an orderly end, 1 after a failed start, a cut request or a second signal, 64 for a wrong
    /// value.
    pub fn main(self) -> ExitCode {
        let config = match Config::from_command_line(self.name, self.about, std::env::args_os()) {
            Ok(config) => config,
            Err(message) => {
                // A closed pipe is not an error.
                let _ = message.print();
                return if message.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
            }
        };
        let result = self.run(&config);
        telemetry::flush_logs();
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                console::print_error(format!("error: {error:#}"));
                ExitCode::FAILURE
            }
        }
    }

    fn run(self, config: &Config) -> anyhow::Result<()> {
        telemetry::init_logs(&config.log)?;
        console::install_panic_hook();
        let runtime = runtime()?;
        let result = runtime.block_on(async {
            let signals = Signals::install().context("cannot take signals")?;
            let identity = config.identity(self.name);
            let (settings, remarks) = TelemetrySettings::from_env();
            for remark in remarks {
                tracing::warn!("{remark}");
            }
            let traces = Traces::new(&settings, &identity)?;
            let bound = server::build(config, identity, traces, self.routes).await?;
            bound.log_addresses();
            let stop = signals.first(bound.faults().clone());
            bound.wait_termination(stop).await
        });
        // Dropping the runtime would wait for blocking work without limit, such as a name lookup that gets no answer.
        runtime.shutdown_background();
        result
    }
}

/// A worker for each available core, up to four. Spans and log lines have threads of their own, so one worker is enough.
fn runtime() -> anyhow::Result<Runtime> {
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_WORKERS));
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().context("cannot start the runtime")
}
