//! `meshwalk up`: runs the mesh in the foreground.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use meshwalk_mesh::{
    progress::Progress,
    runtime::{Mesh, Options},
    topology::OutboundPolicy,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{mesh_name::MeshName, project, status};
use crate::cli::{self, WrongInput};

/// Arguments of `meshwalk up`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// YAML file or folder to start with, instead of k8s/base, istio/gateway/http.yaml and istio/subsets.yaml.
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Folder of the project [default: the nearest folder upward with k8s/base in it].
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
    /// Envoy binary [default: $ENVOY, or the pinned version, downloaded to the cache if missing].
    #[arg(long, value_name = "PATH")]
    envoy: Option<PathBuf>,
    /// Folder with the programs of the images [default: the folder of meshwalk].
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Port on 127.0.0.1 for the gateway page [default: 8080 if free, else any free port].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Validity of certificates, which are renewed after half of it.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(2..=31_536_000))]
    certificate_lifetime: u64,
    /// Answer requests for hosts unknown to the mesh with 502 instead of passing them through.
    #[arg(long)]
    registry_only: bool,
}

/// Starts the mesh, and stops it at Ctrl-C, SIGTERM or `meshwalk down`.
///
/// # Errors
/// Fails if an input is invalid or a part of the mesh does not start. The parts that started are stopped.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let options = options(&args)?;
    let claimed = tokio::select! {
        claimed = Mesh::prepare(options) => claimed,
        () = signals.any() => return Ok(interrupted()),
    };
    let mut mesh = claimed.map_err(explain)?;
    let started = tokio::select! {
        started = mesh.start() => started,
        () = signals.any() => {
            mesh.down().await;
            return Ok(interrupted());
        }
    };
    if let Err(error) = started {
        mesh.down().await;
        return Err(explain(error));
    }
    cli::print(&format!("mesh {} is up\n{}", args.mesh.name, status::addresses(&mesh.status())));
    cli::eprint_progress("Ctrl-C stops it");
    tokio::select! {
        () = mesh.wait_until_stop_requested() => {}
        () = signals.any() => {}
    }
    cli::eprint_progress("stopping");
    mesh.down().await;
    Ok(ExitCode::SUCCESS)
}

fn options(args: &Args) -> anyhow::Result<Options> {
    let launcher = std::env::current_exe().context("cannot find the meshwalk program itself")?;
    let beside = launcher.parent().unwrap_or(Path::new("/")).to_owned();
    let files =
        if args.files.is_empty() { standing_files(&project::root(args.root.as_deref())?) } else { args.files.clone() };
    let absolute =
        |path: &PathBuf| std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()));
    Ok(Options {
        name: args.mesh.name.clone(),
        files,
        envoy: args.envoy.clone(),
        launcher,
        programs: args.programs.as_ref().map(absolute).transpose()?.unwrap_or(beside),
        page_port: args.port,
        certificate_lifetime: Duration::from_secs(args.certificate_lifetime),
        outbound_policy: if args.registry_only { OutboundPolicy::RegistryOnly } else { OutboundPolicy::AllowAny },
        progress: Progress::new(cli::eprint_progress),
    })
}

/// Returns the default resources that exist: the workload, the gateway, and the subsets that routes refer to.
pub(super) fn standing_files(root: &Path) -> Vec<PathBuf> {
    let files = ["k8s/base", "istio/gateway/http.yaml", "istio/subsets.yaml"].map(|file| root.join(file));
    files.into_iter().filter(|file| file.exists()).collect()
}

/// Marks errors caused by invalid input, which have an exit code of their own.
fn explain(error: meshwalk_mesh::runtime::Error) -> anyhow::Error {
    if error.is_input() { WrongInput(error.to_string()).into() } else { error.into() }
}

fn interrupted() -> ExitCode {
    cli::eprint_progress("stopped before it was up");
    ExitCode::FAILURE
}

/// Completes at Ctrl-C, SIGTERM or SIGHUP.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(listen);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
