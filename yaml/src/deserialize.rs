//! Deserializes trees, and adds locations to serde's errors.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::{FieldPath, Node, Step, nearest};
use crate::Diagnostic;

impl Node {
    /// Deserializes this node. Fields in errors are relative to it. See [`super::Document::deserialize`].
    ///
    /// # Errors
    /// A problem at the location of the node that does not match the type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        serde_path_to_error::deserialize(self.to_json()).map_err(|error| {
            let path = locate(self, error.path());
            explain(self, &path, &error.into_inner().to_string())
        })
    }
}

/// Converts serde's path to a path in this tree. An enum's variant is a step only if it is a key.
fn locate(root: &Node, path: &serde_path_to_error::Path) -> FieldPath {
    let mut found = FieldPath::default();
    let mut node = Some(root);
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => Step::Index(*index),
            Segment::Map { key } => Step::Key(key.clone()),
            Segment::Enum { variant } if node.is_some_and(|node| node.get(variant).is_some()) => {
                Step::Key(variant.clone())
            }
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        node = node.and_then(|node| node.find(&FieldPath(vec![step.clone()])));
        found.0.push(step);
    }
    found
}

fn explain(root: &Node, path: &FieldPath, message: &str) -> Diagnostic {
    let located = |diagnostic: Diagnostic| diagnostic.at(root.location_of(path)).field(path.to_string());
    if let Some((word, known)) = unknown(message, "unknown field ") {
        let is_last = matches!(path.0.last(), Some(Step::Key(key)) if *key == word);
        let path = if is_last { path.clone() } else { path.key(&word) };
        let diagnostic = Diagnostic::new("unknown field").at(root.location_of(&path)).field(path.to_string());
        return with_nearest(diagnostic, &word, &known);
    }
    if let Some((word, known)) = unknown(message, "unknown variant ") {
        return with_nearest(located(Diagnostic::new(format!("invalid value `{word}`"))), &word, &known);
    }
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let path = path.key(name);
        return Diagnostic::new("this field is required").at(root.location_of(&path)).field(path.to_string());
    }
    let location = root.find(path).map_or_else(|| root.location_of(path), |node| &node.location);
    let diagnostic = type_mismatch(message).unwrap_or_else(|| Diagnostic::new(message)).at(location);
    if path.0.is_empty() { diagnostic } else { diagnostic.field(path.to_string()) }
}

/// Rewords serde's ``invalid type: string "ten", expected u32`` without Rust's type names.
fn type_mismatch(message: &str) -> Option<Diagnostic> {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    if found == "null" {
        return Some(Diagnostic::new("the value is empty").help(format!("write {}", describe_type(expected))));
    }
    let (what, value) = found.split_once(' ').unwrap_or((found, ""));
    let value = value.trim_matches('`');
    let found = match what {
        "string" => format!("the text {value}"),
        "integer" | "floating" => format!("the number {}", value.trim_start_matches("point `")),
        "boolean" => value.to_owned(),
        "map" => "a map".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => found.to_owned(),
    };
    Some(Diagnostic::new(format!("{found} is not allowed here")).help(format!("write {}", describe_type(expected))))
}

/// Rewords a type that serde expected.
fn describe_type(expected: &str) -> String {
    match expected {
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" | "usize" => "a whole number from 0 upwards".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "string" => "text".to_owned(),
        "a sequence" => "a list".to_owned(),
        _ if expected.starts_with("struct ") || expected == "a map" => "a map".to_owned(),
        _ if expected.starts_with("enum ") => "one of the allowed values".to_owned(),
        _ => expected.to_owned(),
    }
}

/// Splits serde's ``unknown field `x`, expected one of `a`, `b` ``.
fn unknown(message: &str, prefix: &str) -> Option<(String, Vec<String>)> {
    let (word, rest) = message.strip_prefix(prefix)?.strip_prefix('`')?.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((word.to_owned(), known))
}

fn with_nearest(diagnostic: Diagnostic, word: &str, known: &[String]) -> Diagnostic {
    if let Some(meant) = nearest(word, known.iter().map(String::as_str)) {
        return diagnostic.help(format!("did you mean `{meant}`?"));
    }
    match known {
        [] => diagnostic.help("no field is allowed here"),
        [only] => diagnostic.help(format!("only `{only}` is allowed here")),
        many => diagnostic.help(format!("use one of {}", many.join(", "))),
    }
}
