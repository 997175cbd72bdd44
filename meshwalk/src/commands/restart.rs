//! `meshwalk restart`: replaces the pods of a Deployment, as `kubectl rollout restart` does.

use std::process::ExitCode;

use super::{apply, mesh_name::MeshName};
use crate::cli;

/// Arguments of `meshwalk restart`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// Deployment, such as `backend-v2`.
    #[arg(value_name = "DEPLOYMENT", required = true)]
    deployments: Vec<String>,
}

/// Restarts a Deployment. Returns when its new pods are ready and its old pods are gone.
///
/// # Errors
/// Fails if the Deployment does not exist or a new pod does not become ready. No changes remain then.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let change = args.mesh.client().restart(&args.deployments).await?;
    cli::print(&apply::show(&change));
    Ok(ExitCode::SUCCESS)
}
