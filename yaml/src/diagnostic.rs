//! Diagnostics: problems of an input with location, resource, field and help.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Location in a file. Lines and columns count from 1, as in editors.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Location {
    /// File as the user named it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// File name in locations of documents that are not in a file.
const NO_FILE: &str = "(kept)";

impl Location {
    /// Location of a document that is not in a file.
    pub fn outside_files() -> Self {
        Self { file: PathBuf::from(NO_FILE), line: 1, column: 1 }
    }

    /// True if the location is in a file.
    pub fn is_in_file(&self) -> bool {
        self.file != Path::new(NO_FILE)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A problem of an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Diagnostic {
    /// Location of the problem, if known.
    pub location: Option<Location>,
    /// Resource with the problem, as `VirtualService meshwalk/backend`.
    pub resource: Option<String>,
    /// Field with the problem, as `spec.http[0].route[1].weight`.
    pub field: Option<String>,
    /// Message without a full stop.
    pub message: String,
    /// Help for the user, without a full stop.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem with only a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { location: None, resource: None, field: None, message: message.into(), help: None }
    }

    /// Sets the location.
    #[must_use]
    pub fn at(mut self, location: &Location) -> Self {
        self.location = Some(location.clone());
        self
    }

    /// Sets the resource.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Sets the field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.location.as_ref().map(Location::to_string), self.resource.clone(), self.field.clone()]
            .into_iter()
            .flatten()
        {
            write!(f, "{part}: ")?;
        }
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// All problems of an input, which is then rejected as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}
