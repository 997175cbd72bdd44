//! `meshwalk run`: runs labs: applies each step, sends traffic and checks the evidence.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::SystemTime,
};

use anyhow::Context;
use meshwalk_mesh::control::Client;
use tokio::signal::unix::{SignalKind, signal};

use super::{cluster, labs, leftover::Leftover, own_mesh, progress::ConsoleObserver};
use crate::{
    checks::Status,
    cli::{self, WrongInput},
    engine::{Engine, Interrupt, Interrupter, SnapshotStore},
    lab::{Lab, PlatformKind},
    platform::{LocalPlatform, Platform},
    report::{self, Report, config_map},
};

/// Arguments of `meshwalk run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    labs: labs::Selection,
    /// Where to run the labs.
    #[arg(long, value_enum, default_value = "local")]
    on: PlatformKind,
    /// Wait for Enter before each step and show its commands, for a classroom.
    #[arg(long)]
    step: bool,
    /// Write report.json and report.html to this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Write the results as JUnit XML to this file: a testsuite for each lab, a testcase for each step.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// With --on cluster: also store the report in this ConfigMap of the workload's namespace.
    #[arg(long, value_name = "configmap/NAME", value_parser = config_map_name)]
    report_to: Option<String>,
    /// Run on the running mesh of this name, instead of starting one for the run.
    #[arg(long, value_name = "NAME")]
    mesh: Option<String>,
    #[command(flatten)]
    cluster: cluster::ClusterFlags,
    #[command(flatten)]
    programs: own_mesh::Programs,
}

/// Exit code that shells report for a program ended by SIGINT.
const INTERRUPTED: u8 = 130;

/// Runs labs. Returns 0 if every check passed, 1 if one failed, 2 if a lab is invalid or was aborted, 130 after Ctrl-C.
///
/// # Errors
/// Fails if a lab is invalid, the mesh does not start, or the report cannot be written.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Exit code 1 means that a check failed. Any error before the checks gets exit code 2.
    labs(args).await.map_err(|error| WrongInput(format!("{error:#}")).into())
}

async fn labs(args: Args) -> anyhow::Result<ExitCode> {
    args.cluster.fits(args.on)?;
    if args.on == PlatformKind::Local && args.report_to.is_some() {
        return Err(
            WrongInput("--report-to applies only to a cluster: add --on cluster, or use --report".to_owned()).into()
        );
    }
    let (root, mut labs) = args.labs.read()?;
    if let Some(folder) = &args.report {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let (interrupter, interrupt) = Interrupter::new();
    let listening = listen(interrupter)?;
    let teller = Arc::new(ConsoleObserver::new(args.step));
    let ran = match args.on {
        PlatformKind::Local => on_this_machine(&args, &root, &labs, &teller, interrupt).await,
        PlatformKind::Cluster => {
            let namespace = args.cluster.namespace()?;
            labs = labs.into_iter().map(|lab| namespace.lab(lab)).collect();
            on_cluster(&args, root, &labs, &teller, interrupt).await.map(Some)
        }
    };
    listening.abort();
    let Some(report) = ran? else { return Ok(ExitCode::from(INTERRUPTED)) };
    if let Some(folder) = &args.report {
        for file in report::write(&report, folder)? {
            cli::eprint_progress(&format!("wrote {}", file.display()));
        }
    }
    if let Some(file) = &args.junit {
        report::write_junit(&report, file)?;
        cli::eprint_progress(&format!("wrote {}", file.display()));
    }
    cli::print(&format!("\n{}", report::table(&report)));
    Ok(ExitCode::from(exit_code(&report)))
}

/// Runs labs on a local mesh. Returns `None` if a stop was requested before the mesh was ready.
async fn on_this_machine(
    args: &Args,
    root: &Path,
    labs: &[Lab],
    teller: &ConsoleObserver,
    interrupt: Interrupt,
) -> anyhow::Result<Option<Report>> {
    let own = match &args.mesh {
        Some(_) => None,
        None => match own_mesh::start(root, &args.programs, &interrupt).await? {
            Some(mesh) => Some(mesh),
            None => return Ok(None),
        },
    };
    let name = own.as_ref().map_or_else(|| args.mesh.clone().unwrap_or_default(), |mesh| mesh.status().name);
    let ran = labs_on(&name, own.is_none(), root, labs, teller, interrupt).await;
    if let Some(mesh) = own {
        mesh.down().await;
    }
    ran.map(Some)
}

/// Runs labs on a cluster.
async fn on_cluster(
    args: &Args,
    root: PathBuf,
    labs: &[Lab],
    teller: &Arc<ConsoleObserver>,
    interrupt: Interrupt,
) -> anyhow::Result<Report> {
    let snapshot_store = args.cluster.snapshot_store().await?;
    let (shows, waits) = (teller.clone(), teller.clone());
    let platform = args.cluster.platform(root.clone(), Box::new(move |line| shows.command(line)))?;
    let platform = platform.telling(Box::new(move |what| waits.waiting(what)));
    unrestored(&snapshot_store, &platform).await?;
    let engine = Engine { platform: &platform, observer: &**teller, interrupt, root: &root, snapshot_store };
    let Some(location) = &args.report_to else { return Ok(engine.run(labs).await?) };
    platform.leave(location, &config_map::begun(&report::timestamp(SystemTime::now()))).await?;
    let ran = engine.run(labs).await;
    let entries = ran.as_ref().map_or_else(|error| config_map::broken(&error.to_string()), config_map::whole);
    platform.leave(location, &entries).await?;
    cli::eprint_progress(&format!("the report is in configmap/{location}"));
    Ok(ran?)
}

/// Parses the name in `configmap/NAME`, which must be valid in Kubernetes (RFC 1123, a DNS label).
fn config_map_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match text.strip_prefix("configmap/") {
        Some(name) if !name.is_empty() && name.len() < 64 && name.chars().all(plain) => Ok(name.to_owned()),
        _ => Err("write configmap/NAME, with small letters, digits and `-`, as configmap/meshwalk-report".to_owned()),
    }
}

/// Runs labs on a running mesh.
async fn labs_on(
    name: &str,
    outlives: bool,
    root: &Path,
    labs: &[Lab],
    teller: &ConsoleObserver,
    interrupt: Interrupt,
) -> anyhow::Result<Report> {
    let snapshot_store = SnapshotStore::for_mesh(name);
    let platform = LocalPlatform::new(Client::new(name), root.to_owned(), outlives);
    if outlives {
        unrestored(&snapshot_store, &platform).await?;
    }
    let engine = Engine { platform: &platform, observer: teller, interrupt, root, snapshot_store };
    Ok(engine.run(labs).await?)
}

/// Requests a stop at Ctrl-C, SIGTERM and SIGHUP.
fn listen(interrupter: Interrupter) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let mut interrupts = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut terminations = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut hangups = signal(SignalKind::hangup()).context("cannot listen for a closed terminal")?;
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
                _ = hangups.recv() => {}
            }
            cli::eprint_progress("\nstopping; the lab ends as it began");
            interrupter.interrupt();
        }
    }))
}

/// Fails if an earlier lab left a snapshot, because a new snapshot would record a changed state as the original.
async fn unrestored(snapshot_store: &SnapshotStore, platform: &dyn Platform) -> anyhow::Result<()> {
    let kept = match Leftover::on(platform, snapshot_store).await? {
        Leftover::None => return Ok(()),
        Leftover::Gone(words) => {
            cli::eprint_progress(&words);
            return Ok(());
        }
        Leftover::Unrestored(kept) => kept,
    };
    let (lab, file, restore) = (kept.lab, snapshot_store.file().display(), platform.restore_command());
    let why = format!("the lab {lab} did not end as it began; run `{restore}` first, or remove {file} if all is well");
    Err(WrongInput(why).into())
}

fn exit_code(report: &Report) -> u8 {
    if report.interrupted {
        INTERRUPTED
    } else if report.labs.iter().any(|lab| lab.broke_off) {
        2
    } else {
        u8::from(report.status == Status::Failed)
    }
}
