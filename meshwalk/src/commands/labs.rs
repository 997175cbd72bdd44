//! `meshwalk labs`: which labs there are; and how commands find the labs that they are about.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::project;
use crate::{
    cli,
    lab::{self, Lab},
};

/// Which labs a command is about.
#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Names, numbers or paths of labs; all of them if there is none.
    #[arg(value_name = "LAB")]
    names: Vec<String>,
    #[command(flatten)]
    folders: LabFolders,
}

/// Where labs and the files that they apply lie.
#[derive(Debug, clap::Args)]
pub struct LabFolders {
    /// The folder of labs [default: labs in the project's folder].
    #[arg(long, value_name = "DIR")]
    labs: Option<PathBuf>,
    /// The project's folder: the one that holds k8s/base [default: the nearest one upward].
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl Selection {
    /// Reads and checks the labs.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub(super) fn read(&self) -> anyhow::Result<(PathBuf, Vec<Lab>)> {
        let root = self.folders.root()?;
        let labs = lab::select(&root, &self.folders.labs(&root), &self.names)?;
        Ok((root, labs))
    }
}

impl LabFolders {
    fn root(&self) -> anyhow::Result<PathBuf> {
        match (&self.root, lab::files::root(Path::new("."))) {
            (None, Some(root)) => Ok(root),
            (named, _) => project::root(named.as_deref()),
        }
    }

    fn labs(&self, root: &Path) -> PathBuf {
        self.labs.clone().unwrap_or_else(|| root.join("labs"))
    }
}

/// What to list.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    labs: Selection,
}

/// Lists the labs with what they teach.
///
/// # Errors
/// If one of them is wrong.
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
