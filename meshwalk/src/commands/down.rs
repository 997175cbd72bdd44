//! `meshwalk down`: a mesh in another terminal ends.

use std::process::ExitCode;

use super::named::Named;
use crate::cli;

/// Which mesh to stop.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: Named,
}

/// Stops it, and returns when its processes and files are gone.
///
/// # Errors
/// If it does not run, or does not end.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.mesh.client();
    client.down().await?;
    cli::tell(&format!("mesh {:?} is down", client.name()));
    Ok(ExitCode::SUCCESS)
}
