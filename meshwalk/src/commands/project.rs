//! Finds the project's folder.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::WrongInput;

/// Path that identifies the project's folder.
const MARK: &str = "k8s/base";

/// Returns the given folder, or the nearest folder upward from the working directory that has `k8s/base` in it. The path
/// is empty for the working directory, so that paths are displayed as the user writes them.
///
/// # Errors
/// Fails if there is no such folder.
pub fn root(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(named) = named {
        if named.join(MARK).is_dir() {
            return Ok(named.to_owned());
        }
        return Err(WrongInput(format!("--root {} has no {MARK} in it", named.display())).into());
    }
    let here = std::env::current_dir().context("cannot get the working folder")?;
    let found = here.ancestors().find(|folder| folder.join(MARK).is_dir());
    let words = || {
        WrongInput(format!(
            "neither {} nor a folder above it has {MARK} in it; name the project with --root",
            here.display()
        ))
    };
    let root = found.ok_or_else(words)?;
    Ok(if root == here { PathBuf::new() } else { root.to_owned() })
}
