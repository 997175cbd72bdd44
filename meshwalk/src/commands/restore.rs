//! `meshwalk restore`: puts back what was in force before a lab that could not do it itself.

use std::{path::PathBuf, process::ExitCode};

use meshwalk_mesh::runtime::{folder::DEFAULT_NAME, running};

use super::{cluster, left::Left};
use crate::{
    cli,
    engine::Keeper,
    lab::TargetKind,
    target::{LocalTarget, Target},
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
    on: TargetKind,
    #[command(flatten)]
    cluster: cluster::ClusterFlags,
}

/// Puts back the snapshot that a lab left behind, and forgets it.
///
/// # Errors
/// If the mesh does not run or refuses; the snapshot is kept then.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    args.cluster.fits(args.on)?;
    let (keeper, location, target): (_, _, Box<dyn Target>) = match args.on {
        TargetKind::Local => (
            Keeper::for_mesh(&args.mesh),
            format!("the mesh {:?}", args.mesh),
            Box::new(LocalTarget::new(Client::new(&args.mesh), PathBuf::new(), true)),
        ),
        TargetKind::Cluster => {
            let shows = Box::new(|line: &str| cli::tell(&format!("$ {line}")));
            let target = args.cluster.target(PathBuf::from("."), shows)?;
            (args.cluster.keeper().await?, format!("the cluster{}", args.cluster.in_words()?), Box::new(target))
        }
    };
    let kept = match Left::on(&*target, &keeper).await? {
        Left::Nothing => {
            // The name may be a slip; a mesh that was killed may have something to put back although it does not run.
            let runs = args.on == TargetKind::Cluster || running::names().contains(&args.mesh);
            let remark = if runs { "" } else { "; no mesh of that name runs now" };
            cli::say(&format!("nothing to put back: every lab on {location} ended as it began{remark}"));
            return Ok(ExitCode::SUCCESS);
        }
        Left::Gone(words) => {
            cli::say(&words);
            return Ok(ExitCode::SUCCESS);
        }
        Left::Unrestored(kept) => kept,
    };
    target.restore(&kept.snapshot).await?;
    keeper.forget()?;
    cli::say(&format!("put back what was in force on {location} before the lab {}", kept.lab));
    Ok(ExitCode::SUCCESS)
}
