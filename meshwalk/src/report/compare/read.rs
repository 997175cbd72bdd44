//! Reads the parts of a report that a comparison uses.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{checks::Status, report::FORMAT};

/// Error of reading a report for a comparison.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("{path}: the report cannot be read: {source}", path = path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a report of this version.
    #[error("{path}: {diagnostic}; name a report.json that `meshwalk run --report` wrote", path = path.display())]
    NoReport {
        /// Path of the file.
        path: PathBuf,
        /// Error of the parser.
        diagnostic: String,
    },
}

/// Parts of a report that a comparison uses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SavedReport {
    pub(super) format: u32,
    /// Kind of the platform: `local`, `cluster`.
    pub target: String,
    pub(super) interrupted: bool,
    pub(super) labs: Vec<ReportedLab>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ReportedLab {
    pub(super) lab: String,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) steps: Vec<ReportedStep>,
    pub(super) restored: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ReportedStep {
    pub(super) title: String,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) gate: Option<ReportedGate>,
    pub(super) checks: Vec<ReportedCheck>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ReportedGate {
    pub(super) outcome: String,
    pub(super) checks: Vec<ReportedCheck>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ReportedCheck {
    pub(super) name: String,
    pub(super) expected: String,
    pub(super) observed: String,
    pub(super) status: Status,
    pub(super) reason: String,
}

impl ReportedCheck {
    /// Returns the observation, and the reason for the verdict.
    pub(super) fn why(&self) -> String {
        if self.status == Status::Skipped { self.reason.clone() } else { self.observed.clone() }
    }
}

/// Reads a report; a folder stands for its file `report.json`.
///
/// # Errors
/// Fails if there is no report of this version's format.
pub fn read(path: &Path) -> Result<SavedReport, ReadError> {
    let path = if path.is_dir() { path.join("report.json") } else { path.to_owned() };
    match std::fs::read(&path) {
        Ok(text) => parse(&text).map_err(|diagnostic| ReadError::NoReport { path, diagnostic }),
        Err(source) => Err(ReadError::File { path, source }),
    }
}

/// Parses a report.
///
/// # Errors
/// Returns a message for an invalid report.
pub fn parse(text: &[u8]) -> Result<SavedReport, String> {
    let seen: SavedReport = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if seen.format != FORMAT {
        return Err(format!("its format is {}, and this program reads {FORMAT}", seen.format));
    }
    Ok(seen)
}
