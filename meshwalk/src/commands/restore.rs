//! `meshwalk restore`: puts back what was in force before a lab that could not do it itself.

use std::process::ExitCode;

use meshwalk_mesh::runtime::folder::DEFAULT_NAME;

use crate::{
    cli,
    engine::Keeper,
    target::{LocalTarget, Target},
};
use meshwalk_mesh::control::Client;

/// On which mesh.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mesh's name, as `meshwalk run --mesh` was given it.
    #[arg(long, default_value = DEFAULT_NAME, value_name = "NAME")]
    mesh: String,
}

/// Puts back the snapshot that a lab left behind, and forgets it.
///
/// # Errors
/// If the mesh does not run or refuses; the snapshot is kept then.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let keeper = Keeper::for_mesh(&args.mesh);
    let Some(kept) = keeper.kept()? else {
        cli::say(&format!("nothing to put back: every lab on the mesh {:?} ended as it began", args.mesh));
        return Ok(ExitCode::SUCCESS);
    };
    LocalTarget::new(Client::new(&args.mesh), std::path::PathBuf::new(), true).restore(&kept.snapshot).await?;
    keeper.forget()?;
    cli::say(&format!("put back what was in force on the mesh {:?} before the lab {}", args.mesh, kept.lab));
    Ok(ExitCode::SUCCESS)
}
