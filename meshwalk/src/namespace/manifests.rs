//! Moves manifests to another namespace than the one that they name.

use std::path::Path;

use meshwalk_yaml::{self as yaml, Diagnostic};
use serde_json::Value;

use super::{Namespace, USUAL};

/// Keys whose value, or each of whose values, is a namespace.
const NAMESPACES: [&str; 4] = ["namespace", "namespaces", "notNamespaces", "exportTo"];
/// Keys whose values may have a namespace before a slash.
const QUALIFIED: [&str; 2] = ["hosts", "gateways"];
/// What a condition of an AuthorizationPolicy may compare with namespaces.
const CONDITION: &str = "source.namespace";

/// Error of moving a manifest to another namespace.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The manifest cannot be parsed.
    #[error("{0}")]
    Unreadable(Diagnostic),
    /// An object is outside of the workload's namespace.
    #[error(
        "{file}: {object} is not in the namespace {namespace}; only objects of the namespace {USUAL}, which {namespace} replaces, can be applied there"
    )]
    Object {
        /// Path of the file.
        file: String,
        /// Kind, name and namespace of the object.
        object: String,
        /// Namespace of the workload.
        namespace: String,
    },
}

impl Namespace {
    /// Returns every object of a file, moved to this namespace.
    ///
    /// # Errors
    /// Fails if the file cannot be parsed, or an object would change something outside of the namespace.
    pub fn objects_of(&self, file: &Path) -> Result<Vec<Value>, MoveError> {
        let documents = yaml::read(file).map_err(MoveError::Unreadable)?;
        documents.iter().map(|document| self.object(document.to_json(), file)).collect()
    }

    fn object(&self, mut object: Value, file: &Path) -> Result<Value, MoveError> {
        self.adapt_value("", &mut object);
        let kind = object["kind"].as_str().unwrap_or("an object without a kind");
        let lies = object["metadata"]["namespace"].as_str();
        // A Namespace is not namespaced, so kubectl's own check of namespaces would accept it.
        if kind != "Namespace" && lies.is_none_or(|namespace| namespace == self.name()) {
            return Ok(object);
        }
        let name = object["metadata"]["name"].as_str().unwrap_or("without a name");
        let location = lies.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        let object = format!("{kind} {name}{location}");
        Err(MoveError::Object { file: file.display().to_string(), object, namespace: self.name().to_owned() })
    }

    /// Replaces the namespace in all values under a key.
    fn adapt_value(&self, key: &str, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.adapt_text(key, text),
            // The key of a list applies to its elements.
            Value::Array(items) => items.iter_mut().for_each(|item| self.adapt_value(key, item)),
            Value::Object(fields) => {
                let of_namespaces = fields.get("key").is_some_and(|key| key == CONDITION);
                for (key, value) in fields {
                    let compared = of_namespaces && (key == "values" || key == "notValues");
                    self.adapt_value(if compared { "namespaces" } else { key }, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn adapt_text(&self, key: &str, text: &str) -> String {
        if NAMESPACES.contains(&key) && text == USUAL {
            return self.name().to_owned();
        }
        match text.strip_prefix(USUAL).filter(|rest| QUALIFIED.contains(&key) && rest.starts_with('/')) {
            Some(rest) => format!("{}{}", self.name(), self.replace_in(rest)),
            None => self.replace_in(text),
        }
    }
}
