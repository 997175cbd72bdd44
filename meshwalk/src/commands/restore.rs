//! `meshwalk restore`: puts back what was in force before a lab that could not do it itself.

use std::{path::PathBuf, process::ExitCode};

use meshwalk_mesh::run_folder::{DEFAULT_NAME, running_meshes};

use super::{cluster, left::Left};
use crate::{
    cli,
    engine::SnapshotStore,
    lab::PlatformKind,
    platform::{LocalPlatform, Platform},
};
use meshwalk_mesh::control::Client;

/// On which mesh.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mesh's name, as `meshwalk run --mesh` was given it.
    #[arg(long, default_value = DEFAULT_NAME, value_name = "NAME")]
    mesh: String,
    /// Where the lab ran.
    #[arg(long, value_enum, default_value = "local")]
    on: PlatformKind,
    #[command(flatten)]
    cluster: cluster::ClusterFlags,
}

/// Puts back the snapshot that a lab left behind, and forgets it.
///
/// # Errors
/// If the mesh does not run or refuses; the snapshot is kept then.
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
    let kept = match Left::on(&*platform, &snapshot_store).await? {
        Left::Nothing => {
            // The name may be a slip; a mesh that was killed may have something to put back although it does not run.
            let runs = args.on == PlatformKind::Cluster || running_meshes().contains(&args.mesh);
            let remark = if runs { "" } else { "; no mesh of that name runs now" };
            cli::print(&format!("nothing to put back: every lab on {location} ended as it began{remark}"));
            return Ok(ExitCode::SUCCESS);
        }
        Left::Gone(words) => {
            cli::print(&words);
            return Ok(ExitCode::SUCCESS);
        }
        Left::Unrestored(kept) => kept,
    };
    platform.restore(&kept.snapshot).await?;
    snapshot_store.forget()?;
    cli::print(&format!("put back what was in force on {location} before the lab {}", kept.lab));
    Ok(ExitCode::SUCCESS)
}
