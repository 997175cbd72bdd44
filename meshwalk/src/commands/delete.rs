//! `meshwalk delete`: resources go out of force.

use std::{path::PathBuf, process::ExitCode};

use super::{apply, input, named::Named};
use crate::cli;

/// What to delete, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: Named,
    /// A YAML file or a folder of them, `-` for standard input: what they name is deleted.
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true)]
    files: Vec<PathBuf>,
}

/// Deletes, and says what became of each resource.
///
/// # Errors
/// As `meshwalk apply`.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let files = input::files(args.files)?;
    let change = args.mesh.client().delete_files(files).await?;
    cli::print(&apply::show(&change));
    Ok(ExitCode::SUCCESS)
}
