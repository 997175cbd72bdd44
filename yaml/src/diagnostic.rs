//! What is wrong with an input, said so that its author can mend it: the place, the thing, the remedy.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where in a file something stands. Lines and columns count from 1, as editors do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Location {
    /// The file as the user named it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// The file of what was kept as a document, and stands in no file of its own.
const KEPT: &str = "(kept)";

impl Location {
    /// For a document that was kept.
    pub fn kept() -> Self {
        Self { file: PathBuf::from(KEPT), line: 1, column: 1 }
    }

    /// Whether there is a file in which to look.
    pub fn is_of_a_file(&self) -> bool {
        self.file != Path::new(KEPT)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Diagnostic {
    /// Where it stands, if it stands in a file.
    pub location: Option<Location>,
    /// The resource that it belongs to, as `VirtualService meshwalk/backend`.
    pub resource: Option<String>,
    /// The field, as `spec.http[0].route[1].weight`.
    pub field: Option<String>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What would be right, without a full stop.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem of which nothing but the message is known yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self { location: None, resource: None, field: None, message: message.into(), help: None }
    }

    /// Says where it stands.
    #[must_use]
    pub fn at(mut self, location: &Location) -> Self {
        self.location = Some(location.clone());
        self
    }

    /// Says which resource it belongs to.
    #[must_use]
    pub fn of(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Says which field it is about.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says what would be right.
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

/// Everything that is wrong with an input; an input with problems changes nothing.
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
