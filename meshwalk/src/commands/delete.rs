//! `meshwalk delete`: deletes resources.

use std::{path::PathBuf, process::ExitCode};

use super::{apply, input, mesh_name::MeshName};
use crate::cli;

/// Arguments of `meshwalk delete`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// YAML file or folder whose resources are deleted, `-` for standard input.
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true)]
    files: Vec<PathBuf>,
}

/// Deletes resources, and prints the result for each.
///
/// # Errors
/// Fails for the same reasons as `meshwalk apply`.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let files = input::files(args.files)?;
    let change = args.mesh.client().delete_files(files).await?;
    cli::print(&apply::show(&change));
    Ok(ExitCode::SUCCESS)
}
