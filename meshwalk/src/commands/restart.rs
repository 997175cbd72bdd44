//! `meshwalk restart`: pods make way for new ones, as by `kubectl rollout restart`.

use std::process::ExitCode;

use super::{apply, named::Named};
use crate::cli;

/// Which pods, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: Named,
    /// A Deployment, as `backend-v2`.
    #[arg(value_name = "DEPLOYMENT", required = true)]
    deployments: Vec<String>,
}

/// Restarts; returns when the new pods are ready and the old ones are gone.
///
/// # Errors
/// If there is no such Deployment, or a new pod does not come up: then nothing has changed.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let change = args.mesh.client().restart(&args.deployments).await?;
    cli::print(&apply::show(&change));
    Ok(ExitCode::SUCCESS)
}
