//! `meshwalk scale`: a Deployment gets more pods or fewer, as by `kubectl scale`.

use std::process::ExitCode;

use super::{apply, named::Named};
use crate::cli;

/// How many pods, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: Named,
    /// A Deployment, as `backend-v1`.
    #[arg(value_name = "DEPLOYMENT")]
    deployment: String,
    /// How many pods it shall have.
    #[arg(long, value_name = "COUNT")]
    replicas: u32,
}

/// Scales; returns when new pods are ready and those that went are gone.
///
/// # Errors
/// If there is no such Deployment, or a new pod does not come up: then nothing has changed.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let change = args.mesh.client().scale(&args.deployment, args.replicas).await?;
    cli::print(&apply::show(&change));
    Ok(ExitCode::SUCCESS)
}
