//! `meshwalk apply`: resources go into force.

use std::{path::PathBuf, process::ExitCode};

use meshwalk_mesh::control::types::Change;

use super::{input, named::Named};
use crate::cli;

/// What to apply, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: Named,
    /// A YAML file or a folder of them; `-` for standard input.
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true)]
    files: Vec<PathBuf>,
}

/// Applies, and says what became of each resource, as kubectl does.
///
/// # Errors
/// If the files are wrong, or a proxy refuses what they ask for: then nothing has changed.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let files = input::files(args.files)?;
    let change = args.mesh.client().apply_files(files).await?;
    cli::print(&show(&change));
    Ok(ExitCode::SUCCESS)
}

/// One line per resource, then the version that every proxy has taken.
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
