//! `meshwalk restore`: restores the state saved before an interrupted lab.

use std::{path::PathBuf, process::ExitCode};

use meshwalk_mesh::run_folder::{DEFAULT_NAME, running_meshes};

use super::{cluster, leftover::Leftover};
use crate::{
    cli,
    engine::SnapshotStore,
    lab::PlatformKind,
    platform::{LocalPlatform, Platform},
};
use meshwalk_mesh::control::Client;

/// Arguments of `meshwalk restore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the mesh, as passed to `meshwalk run --mesh`.
    #[arg(long, default_value = DEFAULT_NAME, value_name = "NAME")]
    mesh: String,
    /// Where the lab ran.
    #[arg(long, value_enum, default_value = "local")]
    on: PlatformKind,
    #[command(flatten)]
    cluster: cluster::ClusterFlags,
}

/// Restores and deletes the snapshot of an interrupted lab.
///
/// # Errors
/// Fails if the mesh does not run or rejects the snapshot, which is kept in both cases.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    args.cluster.fits(args.on)?;
    let (snapshot_store, location, platform): (_, _, Box<dyn Platform>) = match args.on {
        PlatformKind::Local => (
            SnapshotStore::for_mesh(&args.mesh),
            format!("the mesh {:?}", args.mesh),
            Box::new(LocalPlatform::new(Client::new(&args.mesh), PathBuf::new(), true)),
        ),
        PlatformKind::Cluster => {
            let shows = Box::new(|line: &str| cli::eprint_progress(&format!("$ {line}")));
            let platform = args.cluster.platform(PathBuf::from("."), shows)?;
            (
                args.cluster.snapshot_store().await?,
                format!("the cluster{}", args.cluster.in_words()?),
                Box::new(platform),
            )
        }
    };
    let kept = match Leftover::on(&*platform, &snapshot_store).await? {
        Leftover::None => {
            // The name may be misspelled, or a killed mesh may have left a snapshot: report both.
            let runs = args.on == PlatformKind::Cluster || running_meshes().contains(&args.mesh);
            let remark = if runs { "" } else { "; no mesh of that name is running" };
            cli::print(&format!("nothing to restore: every lab on {location} restored the state before it{remark}"));
            return Ok(ExitCode::SUCCESS);
        }
        Leftover::Gone(words) => {
            cli::print(&words);
            return Ok(ExitCode::SUCCESS);
        }
        Leftover::Unrestored(kept) => kept,
    };
    platform.restore(&kept.snapshot).await?;
    snapshot_store.forget()?;
    cli::print(&format!("restored the state of {location} before the lab {}", kept.lab));
    Ok(ExitCode::SUCCESS)
}
