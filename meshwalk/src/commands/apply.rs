//! `meshwalk apply`: applies resources.

use std::{path::PathBuf, process::ExitCode};

use meshwalk_mesh::control::types::Change;

use super::{input, mesh_name::MeshName};
use crate::cli;

/// Arguments of `meshwalk apply`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// YAML file or folder to apply, `-` for standard input.
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true)]
    files: Vec<PathBuf>,
}

/// Applies resources, and prints the result for each, as kubectl does.
///
/// # Errors
/// Fails if the files are invalid or a proxy rejects the configuration. No changes are applied then.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let files = input::files(args.files)?;
    let change = args.mesh.client().apply_files(files).await?;
    cli::print(&show(&change));
    Ok(ExitCode::SUCCESS)
}

/// Formats one line per resource, then the version that every proxy has loaded.
pub(super) fn show(change: &Change) -> String {
    let groups = [
        (&change.created, "created"),
        (&change.configured, "configured"),
        (&change.unchanged, "unchanged"),
        (&change.deleted, "deleted"),
    ];
    let mut text = String::new();
    for (resources, what) in groups {
        for resource in resources {
            text.push_str(&format!("{resource} {what}\n"));
        }
    }
    for note in &change.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text.push_str(&format!("every proxy runs configuration {}\n", change.config_version));
    text
}
