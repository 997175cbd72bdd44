//! The tree of a document.

use serde_json::{Map, Number, Value};

use super::{FieldPath, Step};
use crate::Location;

/// A value and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value starts.
    pub location: Location,
    /// The value.
    pub content: Content,
}

/// What a node holds. Scalars are resolved as YAML 1.2's core schema and `kubectl` both would.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole or a decimal number.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A map; keys are unique and stand in the file's order.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key, as text: `200:` has the key `"200"`.
    pub key: String,
    /// Where the key starts.
    pub location: Location,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The entry of a mapping under a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of a mapping under a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        if let Content::Mapping(entries) = &self.content { entries } else { &[] }
    }

    /// The elements of a sequence; none for anything else.
    pub fn elements(&self) -> &[Node] {
        if let Content::Sequence(elements) = &self.content { elements } else { &[] }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Content::String(text) = &self.content { Some(text) } else { None }
    }

    /// What the value is, for messages: `a list`.
    pub fn describe(&self) -> &'static str {
        match self.content {
            Content::Null => "nothing",
            Content::Bool(_) => "true or false",
            Content::Number(_) => "a number",
            Content::String(_) => "text",
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a map",
        }
    }

    /// The node at a path, if it is there.
    pub fn find(&self, path: &FieldPath) -> Option<&Node> {
        path.0.iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.elements().get(*index),
        })
    }

    /// Where the field at a path stands: its key, or the start of an element; the nearest above it if it is absent.
    pub fn location_of(&self, path: &FieldPath) -> &Location {
        let (mut node, mut location) = (self, &self.location);
        for step in &path.0 {
            let next = match step {
                Step::Key(key) => node.entry(key).map(|entry| (&entry.value, &entry.location)),
                Step::Index(index) => node.elements().get(*index).map(|element| (element, &element.location)),
            };
            let Some((below, at)) = next else { break };
            (node, location) = (below, at);
        }
        location
    }

    /// The tree as JSON, without the places.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::String(text) => Value::String(text.clone()),
            Content::Sequence(elements) => elements.iter().map(Node::to_json).collect(),
            Content::Mapping(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect::<Map<_, _>>())
            }
        }
    }

    /// A tree for a value that stands in no file of its own: every place is `place`.
    pub fn from_json(value: &Value, location: &Location) -> Self {
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(*value),
            Value::Number(number) => Content::Number(number.clone()),
            Value::String(text) => Content::String(text.clone()),
            Value::Array(elements) => {
                Content::Sequence(elements.iter().map(|element| Self::from_json(element, location)).collect())
            }
            Value::Object(map) => Content::Mapping(
                map.iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        location: location.clone(),
                        value: Self::from_json(value, location),
                    })
                    .collect(),
            ),
        };
        Self { location: location.clone(), content }
    }
}
