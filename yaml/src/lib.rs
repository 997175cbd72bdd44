//! YAML in which each key and value knows its location, and diagnostics that show it.
//!
//! ```
//! use meshwalk_yaml as yaml;
//!
//! #[derive(Debug, serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Step {
//!     title: String,
//! }
//!
//! let documents = yaml::parse("titel: Ten per cent\n", "labs/1-canary.yaml".as_ref()).unwrap();
//! let diagnostic = documents[0].deserialize::<Step>().unwrap_err();
//! assert_eq!(diagnostic.to_string(), "labs/1-canary.yaml:1:1: titel: unknown field; did you mean `title`?");
//! ```
//!
//! Supported is the part of YAML that `kubectl` (YAML 1.1) and YAML 1.2 read alike, including JSON. If they differ
//! (`yes`, `on`, `010`, `1:30`, …), the scalar is rejected. Anchors, aliases, merge keys and tags are rejected too.

mod deserialize;
mod diagnostic;
mod location_within;
mod nearest;
mod node;
mod path;
mod scalar;
#[cfg(test)]
mod tests;
mod tree_builder;

use std::{fs, path::Path};

use serde::de::DeserializeOwned;

pub use diagnostic::{Diagnostic, Diagnostics, Location};
pub use nearest::nearest;
pub use node::{Content, Entry, Node};
pub use path::{FieldPath, Step};

/// A YAML document that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Root node of the document.
    pub root: Node,
}

/// Reads all documents of a file. Locations name the file as `path`.
///
/// # Errors
/// If the file cannot be read, is not UTF-8, or is not valid YAML as described above.
pub fn read(path: &Path) -> Result<Vec<Document>, Diagnostic> {
    let start = Location { file: path.to_owned(), line: 1, column: 1 };
    let bytes =
        fs::read(path).map_err(|error| Diagnostic::new(format!("{}: cannot be read: {error}", path.display())))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Diagnostic::new("the file is not UTF-8 text").at(&start).help("save it as UTF-8 without special characters")
    })?;
    parse(&text, path)
}

/// Parses all documents of a text. Locations name the file as `file`.
///
/// # Errors
/// If the text is not valid YAML as described above.
pub fn parse(text: &str, file: &Path) -> Result<Vec<Document>, Diagnostic> {
    tree_builder::documents(text, file).map_err(|diagnostic| {
        let line = diagnostic.location.as_ref().and_then(|location| text.lines().nth(location.line - 1));
        match line.is_some_and(|line| line.contains("{{")) {
            true => diagnostic.help("this looks like a Helm template; render it first, as by `helm template`"),
            false => diagnostic,
        }
    })
}

impl Document {
    /// Deserializes the document. An unknown field is reported with the nearest known one.
    ///
    /// Within `#[serde(flatten)]`, untagged and internally tagged enums serde loses the path; the location is then that
    /// of the whole.
    ///
    /// # Errors
    /// A problem at the location of the node that does not match the type, with its path as the field.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        self.root.deserialize()
    }

    /// Location of a field: its key, or the start of a sequence's element. If it is absent, the location of its nearest
    /// existing ancestor. Paths are written as `spec.http[0].route`, and keys with dots or brackets as
    /// `metadata.labels["app.kubernetes.io/name"]`.
    pub fn location_of(&self, path: &str) -> &Location {
        self.root.location_of(&FieldPath::parse(path))
    }

    /// Node of a field, or `None`. Paths are written as for [`Document::location_of`].
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.root.find(&FieldPath::parse(path))
    }

    /// The document as JSON, without locations.
    pub fn to_json(&self) -> serde_json::Value {
        self.root.to_json()
    }
}
