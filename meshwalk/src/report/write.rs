//! The report's two files.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use super::{Report, page};

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report {file}: {source}")]
pub struct WriteError {
    /// Its file.
    file: PathBuf,
    /// Why.
    source: io::Error,
}

/// Writes `report.json` and `report.html` into a folder, and says where they are. A reader of an older one never sees
/// half of a new one.
///
/// # Errors
/// If one of them cannot be written.
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

fn put(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(folder)?;
    whole.write_all(text.as_bytes())?;
    // A temporary file is its user's alone; a report is for everybody who may read the folder.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    whole.as_file().set_permissions(mode)?;
    whole.persist(file).map_err(|error| error.error)?;
    Ok(())
}
