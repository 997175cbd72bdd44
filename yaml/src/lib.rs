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
//! let problem = documents[0].deserialize::<Step>().unwrap_err();
//! assert_eq!(problem.to_string(), "labs/1-canary.yaml:1:1: titel: there is no such field; did you mean `title`?");
//! ```
//!
//! What is understood is the part of YAML that `kubectl` (YAML 1.1) and YAML 1.2 read alike; JSON is in it. Where
//! the two differ (`yes`, `on`, `010`, `1:30`, …), the scalar is refused with the remedy. Anchors, aliases, merge
//! keys and tags are refused.

mod build;
mod diagnostic;
mod nearest;
mod node;
mod path;
mod scalar;
#[cfg(test)]
mod tests;
mod typed;
mod within;

use std::{fs, path::Path};

use serde::de::DeserializeOwned;

pub use diagnostic::{Diagnostic, Diagnostics, Location};
pub use nearest::nearest;
pub use node::{Content, Entry, Node};
pub use path::{FieldPath, Step};

/// One document of a YAML file. Empty documents (comments only) are not among those that are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What the document holds.
    pub root: Node,
}

/// Reads every document of a file, which the places name as `path` was given.
///
/// # Errors
/// When the file cannot be read, is not UTF-8, or is not YAML as this module understands it.
pub fn read(path: &Path) -> Result<Vec<Document>, Diagnostic> {
    let start = Location { file: path.to_owned(), line: 1, column: 1 };
    let bytes =
        fs::read(path).map_err(|error| Diagnostic::new(format!("{}: cannot be read: {error}", path.display())))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Diagnostic::new("the file is not UTF-8 text").at(&start).help("save it as UTF-8 without special characters")
    })?;
    parse(&text, path)
}

/// Reads every document of a text. `file` is what the places name, it is not opened.
///
/// # Errors
/// When the text is not YAML as this module understands it.
pub fn parse(text: &str, file: &Path) -> Result<Vec<Document>, Diagnostic> {
    build::documents(text, file)
}

impl Document {
    /// Reads the document into a type. `deny_unknown_fields` is answered with the nearest field name.
    ///
    /// Inside of `#[serde(flatten)]`, untagged and internally tagged enums serde loses the path, and the place is
    /// that of the whole.
    ///
    /// # Errors
    /// A problem at the line and column of the node that does not fit, with its path as the field.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        self.root.deserialize()
    }

    /// Where a field stands: its key, or the start of a sequence's element. For a field that is absent: the nearest
    /// one above it that is there. The path is written as `spec.http[0].route`; a key with dots or brackets in it
    /// as `metadata.labels["app.kubernetes.io/name"]`.
    pub fn location_of(&self, path: &str) -> &Location {
        self.root.location_of(&FieldPath::parse(path))
    }

    /// The node of a field, if it is there. The path is written as for [`Document::location_of`].
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.root.find(&FieldPath::parse(path))
    }

    /// The document as JSON, without the places.
    pub fn to_json(&self) -> serde_json::Value {
        self.root.to_json()
    }
}
