//! `meshwalk labs`: lists the labs. Also selects the labs of other commands.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::project;
use crate::{
    cli,
    lab::{self, Lab},
};

/// Arguments that select labs.
#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Names, numbers or paths of labs, or folders of labs [default: all labs].
    #[arg(value_name = "LAB")]
    names: Vec<String>,
    #[command(flatten)]
    folders: LabFolders,
}

/// Flags for the folders of labs and of the files that labs apply.
#[derive(Debug, clap::Args)]
pub struct LabFolders {
    /// Folder of labs [default: labs in the project's folder].
    #[arg(long, value_name = "DIR")]
    labs: Option<PathBuf>,
    /// Folder of the project [default: the nearest folder upward with k8s/base in it].
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl Selection {
    /// Reads and checks the labs.
    ///
    /// # Errors
    /// Returns all problems of the labs.
    pub(super) fn read(&self) -> anyhow::Result<(PathBuf, Vec<Lab>)> {
        let root = project::root(self.folders.root.as_deref())?;
        let labs = lab::select(&root, &self.folders.labs(&root), &self.names)?;
        Ok((root, labs))
    }
}

impl LabFolders {
    fn labs(&self, root: &Path) -> PathBuf {
        self.labs.clone().unwrap_or_else(|| root.join("labs"))
    }
}

/// Arguments of `meshwalk labs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    labs: Selection,
}

/// Lists the labs with what they teach.
///
/// # Errors
/// Fails if a lab is invalid.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (_, labs) = args.labs.read()?;
    for lab in labs {
        let number = lab.number.map_or_else(String::new, |number| format!("{number} "));
        let platforms: Vec<_> = lab.platforms.iter().map(ToString::to_string).collect();
        cli::print(&format!("{number}{}: {} ({} steps; {})", lab.id, lab.title, lab.steps.len(), platforms.join(", ")));
        for line in lab.teaches.lines() {
            cli::print(&format!("    {line}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
