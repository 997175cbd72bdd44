//! `meshwalk compare A B`: compares the reports of two runs.

use std::{path::PathBuf, process::ExitCode};

use crate::{
    cli::{self, WrongInput},
    report::compare::{self, ReadError, SavedReport},
};

/// Arguments of `meshwalk compare`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Compares labs, steps, checks and gates by name, and their outcomes; figures may differ. A step that a \
    lab skips on one of the platforms (local-only, cluster-only) is listed and is not a difference. \
    The exit code is 0 if the reports agree, 1 if they differ, 2 if one of them cannot be read."
)]
pub struct Args {
    /// A report.json, or the folder that contains it.
    one: PathBuf,
    /// The report to compare it with.
    other: PathBuf,
    /// Name of a check that one of the platforms may skip, such as trace; repeatable.
    #[arg(long, value_name = "CHECK")]
    may_skip: Vec<String>,
}

/// Compares two reports and prints the differences.
///
/// # Errors
/// [`WrongInput`] for a file that is not a report.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let read = |path: &PathBuf| compare::read(path).map_err(|error: ReadError| WrongInput(error.to_string()));
    let (one, other) = (read(&args.one)?, read(&args.other)?);
    let comparison = compare::compare([&one, &other], names(args, &one, &other), &args.may_skip);
    cli::print(&compare::words(&comparison));
    Ok(if comparison.agree() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the names of the platforms, or of the files if both runs used the same kind of platform.
fn names(args: &Args, one: &SavedReport, other: &SavedReport) -> [String; 2] {
    if one.target == other.target {
        return [&args.one, &args.other].map(|path| path.display().to_string());
    }
    [one.target.clone(), other.target.clone()]
}
