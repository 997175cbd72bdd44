//! Writes the files of the report.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use super::{Report, junit, page};

/// Error of writing a report.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {file}: {source}")]
pub struct WriteError {
    /// Path of the file or folder.
    file: PathBuf,
    /// Error of the operating system.
    source: io::Error,
}

/// Writes `report.json` and `report.html` to a folder, and returns their paths. Each file is replaced atomically, so
/// that a reader never sees an incomplete one.
///
/// # Errors
/// Fails if a file cannot be written.
pub fn write(report: &Report, folder: &Path) -> Result<[PathBuf; 2], WriteError> {
    let failed = |file: &Path| {
        let file = file.to_owned();
        move |source| WriteError { file, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let (json, html) = (folder.join("report.json"), folder.join("report.html"));
    let text = serde_json::to_string_pretty(report).map_err(|error| failed(&json)(error.into()))?;
    put(&json, &text).map_err(failed(&json))?;
    put(&html, &page(report)).map_err(failed(&html))?;
    Ok([json, html])
}

/// Writes the report as JUnit XML, and creates the file's folder.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write_junit(report: &Report, file: &Path) -> Result<(), WriteError> {
    let failed = |source| WriteError { file: file.to_owned(), source };
    // The parent of a bare name is empty, and is the current folder.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    put(file, &junit(report)).map_err(failed)
}

fn put(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(folder)?;
    whole.write_all(text.as_bytes())?;
    // A temporary file is readable by its owner only, but a report must be readable by all users of the folder.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    whole.as_file().set_permissions(mode)?;
    whole.persist(file).map_err(|error| error.error)?;
    Ok(())
}
