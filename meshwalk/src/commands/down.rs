//! `meshwalk down`: stops a mesh that runs in another terminal.

use std::process::ExitCode;

use anyhow::anyhow;
use meshwalk_mesh::control::client::Error;

use super::mesh_name::MeshName;
use crate::cli;

/// Arguments of `meshwalk down`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
}

/// Stops the mesh. Returns when its processes and files are gone.
///
/// # Errors
/// Fails if the mesh does not run or does not stop.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.mesh.client();
    client.down().await.map_err(|error| match error {
        // Omit the hint on how to start a mesh.
        Error::NotRunning { name, running } if running.is_empty() => anyhow!("no mesh named {name:?} is running"),
        Error::NotRunning { name, running } => {
            anyhow!("no mesh named {name:?} is running; name one that runs: {}", running.join(", "))
        }
        other => other.into(),
    })?;
    cli::eprint_progress(&format!("mesh {:?} is down", client.name()));
    Ok(ExitCode::SUCCESS)
}
