//! The command line: the list of commands, and the process that runs one.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};
use meshwalk::{
    cli::{check_output, exit_code, print_error},
    commands,
};
use tracing_subscriber::EnvFilter;

/// A small workload that shows what a service mesh does, and proves it.
#[derive(Debug, Parser)]
#[command(name = "meshwalk", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Subcommands of `meshwalk`.
#[derive(Debug, Subcommand)]
enum Command {
    /// Start the local mesh and run it in the foreground until Ctrl-C.
    Up(commands::up::Args),
    /// Run labs: apply each step, send traffic and check the evidence.
    Run(commands::run::Args),
    /// Compare the reports of two runs, check by check.
    Compare(commands::compare::Args),
    /// Check labs and the files they apply, without starting anything.
    Lint(commands::lint::Args),
    /// List the labs and what they teach.
    Labs(commands::labs::Args),
    /// Restore the state saved before an interrupted lab.
    Restore(commands::restore::Args),
    /// Apply resources and wait until every proxy has loaded them.
    Apply(commands::apply::Args),
    /// Delete the resources named in files.
    Delete(commands::delete::Args),
    /// Restart a Deployment of the local mesh and wait until its pods are replaced.
    Restart(commands::restart::Args),
    /// Scale a Deployment of the local mesh and wait until it has this number of pods.
    Scale(commands::scale::Args),
    /// Show workloads, sidecars, certificates and fields without local effect.
    Status(commands::status::Args),
    /// Show the Envoy configuration of a workload and the paths of its files.
    Config(commands::config::Args),
    /// Show a trace as a tree, or list recent traces.
    Trace(commands::trace::Args),
    /// Send requests at a constant rate and show the results by version.
    Load(commands::load::Args),
    /// Set or remove a fault on the instances of a service.
    Fault(commands::fault::Args),
    /// Show active faults and their counters.
    Faults(commands::faults::Args),
    /// Wait until stopped, for a pod in which to run other commands.
    Idle(commands::idle::Args),
    /// Send one request and print the response as JSON: status, headers, body.
    Call(commands::call::Args),
    /// Stop a mesh that runs in another terminal.
    Down(commands::down::Args),
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    // A child of the mesh runs `main` before its own program starts: no runtime, no threads, no parsing.
    if let Some(second) = arguments.nth(1)
        && second == meshwalk_mesh::runtime::child::COMMAND
    {
        let error = meshwalk_mesh::runtime::child::become_program(&arguments.collect::<Vec<OsString>>());
        print_error(&anyhow::Error::new(error));
        return ExitCode::from(meshwalk_mesh::runtime::child::NOT_STARTED);
    }
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("MESHWALK_LOG").unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print_error(&anyhow::Error::new(error).context("cannot start the runtime"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => check_output(code),
        Err(error) => {
            print_error(&error);
            exit_code(&error)
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(args) => commands::up::run(args).await,
        Command::Run(args) => commands::run::run(args).await,
        Command::Compare(args) => commands::compare::run(&args),
        Command::Lint(args) => commands::lint::run(&args),
        Command::Labs(args) => commands::labs::run(&args),
        Command::Restore(args) => commands::restore::run(args).await,
        Command::Apply(args) => commands::apply::run(args).await,
        Command::Delete(args) => commands::delete::run(args).await,
        Command::Restart(args) => commands::restart::run(args).await,
        Command::Scale(args) => commands::scale::run(args).await,
        Command::Status(args) => commands::status::run(args).await,
        Command::Config(args) => commands::config::run(args).await,
        Command::Trace(args) => commands::trace::run(args).await,
        Command::Load(args) => commands::load::run(args).await,
        Command::Fault(args) => commands::fault::run(args).await,
        Command::Faults(args) => commands::faults::run(args).await,
        Command::Idle(args) => commands::idle::run(args).await,
        Command::Call(args) => commands::call::run(args).await,
        Command::Down(args) => commands::down::run(args).await,
    }
}
