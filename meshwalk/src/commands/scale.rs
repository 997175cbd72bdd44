//! `meshwalk scale`: sets the number of pods of a Deployment, as `kubectl scale` does.

use std::process::ExitCode;

use super::{apply, mesh_name::MeshName};
use crate::cli;

/// Arguments of `meshwalk scale`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// Deployment, such as `backend-v1`.
    #[arg(value_name = "DEPLOYMENT")]
    deployment: String,
    /// Number of pods.
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    replicas: u32,
}

/// Scales a Deployment. Returns when its new pods are ready and its surplus pods are gone.
///
/// # Errors
/// Fails if the Deployment does not exist or a new pod does not become ready. No changes remain then.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let change = args.mesh.client().scale(&args.deployment, args.replicas).await?;
    cli::print(&apply::show(&change));
    Ok(ExitCode::SUCCESS)
}
