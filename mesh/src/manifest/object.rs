//! Deserializes a document into an object.

use std::collections::BTreeMap;

use meshwalk_yaml::{Content, Diagnostic, Entry, Location, Node};
use serde::de::DeserializeOwned;

use super::{Key, Object};

#[derive(serde::Deserialize)]
struct SpecOnly<S> {
    spec: S,
}

/// Reads the specification, labels and annotations of a document. `kept` contains only its translated fields.
///
/// # Errors
/// If a value does not match its type.
pub(crate) fn object<S: DeserializeOwned>(
    kind: &'static str,
    key: Key,
    kept: &Node,
    document: &Node,
) -> Result<Object<S>, Diagnostic> {
    let location = location_of(document, "spec");
    let spec = kept.entry("spec").cloned().unwrap_or_else(|| Entry {
        key: "spec".to_owned(),
        location: location.clone(),
        value: Node { location: location.clone(), content: Content::Mapping(Vec::new()) },
    });
    let only_spec = Node { location, content: Content::Mapping(vec![spec]) };
    let SpecOnly { spec } = only_spec.deserialize()?;
    let metadata = kept.get("metadata");
    let string_map = |field: &str| -> Result<BTreeMap<String, String>, Diagnostic> {
        metadata.and_then(|metadata| metadata.get(field)).map_or_else(|| Ok(BTreeMap::new()), Node::deserialize)
    };
    Ok(Object {
        kind,
        labels: string_map("labels")?,
        annotations: string_map("annotations")?,
        location: document.location.clone(),
        spec,
        document: with_namespace(document, &key),
        source: document.clone(),
        key,
    })
}

/// The document as JSON, with its effective namespace.
fn with_namespace(document: &Node, key: &Key) -> serde_json::Value {
    let mut json = document.to_json();
    if !key.namespace.is_empty()
        && let Some(metadata) = json.get_mut("metadata").and_then(serde_json::Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), key.namespace.clone().into());
    }
    json
}

/// Location of a field, or of the document if the field is absent.
pub(crate) fn location_of(document: &Node, field: &str) -> Location {
    document.entry(field).map_or(&document.location, |entry| &entry.location).clone()
}
