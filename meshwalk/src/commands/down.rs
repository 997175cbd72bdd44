//! `meshwalk down`: a mesh in another terminal ends.

use std::process::ExitCode;

use anyhow::anyhow;
use meshwalk_mesh::control::client::Error;

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
    client.down().await.map_err(|error| match error {
        // Nobody wants to be told how to start what is to be stopped.
        Error::NotRunning { name, running } if running.is_empty() => anyhow!("no mesh named {name:?} is running"),
        Error::NotRunning { name, running } => {
            anyhow!("no mesh named {name:?} is running; name one that runs: {}", running.join(", "))
        }
        other => other.into(),
    })?;
    cli::eprint_progress(&format!("mesh {:?} is down", client.name()));
    Ok(ExitCode::SUCCESS)
}
