//! Reads the documents of files, folders and kustomizations.

use std::{
    fs,
    path::{Path, PathBuf},
};

use meshwalk_yaml::{self as yaml, Diagnostic, Diagnostics, Node};

use super::kustomize;

/// Maximum depth of kustomizations, which also detects cycles.
const MAX_DEPTH: usize = 16;

/// All documents of a file or folder.
pub(crate) fn read_documents(path: &Path) -> Result<Vec<Node>, Diagnostics> {
    documents(path, 0)
}

fn documents(path: &Path, depth: usize) -> Result<Vec<Node>, Diagnostics> {
    if depth > MAX_DEPTH {
        return Err(Diagnostic::new(format!("{}: the kustomizations form a cycle", path.display())).into());
    }
    if !path.is_dir() {
        return Ok(yaml::read(path)?.into_iter().map(|document| document.root).collect());
    }
    if let Some(file) = kustomize::file_of(path) {
        return kustomize::documents(&file, path, |target| documents(target, depth + 1));
    }
    let files = files_of(path)?;
    if files.is_empty() {
        return Err(Diagnostic::new(format!("{}: the folder contains no YAML file", path.display()))
            .help("name its files, or one of its subfolders, which are not searched")
            .into());
    }
    let mut roots = Vec::new();
    let mut diagnostics = Vec::new();
    for file in files {
        match yaml::read(&file) {
            Ok(found) => roots.extend(found.into_iter().map(|document| document.root)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if diagnostics.is_empty() { Ok(roots) } else { Err(Diagnostics(diagnostics)) }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let unreadable =
        |error: std::io::Error| Diagnostic::new(format!("cannot read the folder {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.is_file() && ["yaml", "yml", "json"].contains(&extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
