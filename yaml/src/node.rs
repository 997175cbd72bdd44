//! Tree of a document.

use serde_json::{Map, Number, Value};

use super::{FieldPath, Step};
use crate::Location;

/// A value with its location.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Location of the value's start.
    pub location: Location,
    /// Value of the node.
    pub content: Content,
}

/// Value of a node. Scalars are resolved as in YAML 1.2's core schema and by `kubectl`.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Empty, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or decimal number.
    Number(Number),
    /// A string.
    String(String),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping with unique keys, in the order of the file.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Key as text: `200:` has the key `"200"`.
    pub key: String,
    /// Location of the key's start.
    pub location: Location,
    /// Value of the entry.
    pub value: Node,
}

impl Node {
    /// Entry of a mapping, by key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Value of a mapping, by key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Entries of a mapping; empty for other nodes.
    pub fn entries(&self) -> &[Entry] {
        if let Content::Mapping(entries) = &self.content { entries } else { &[] }
    }

    /// Elements of a sequence; empty for other nodes.
    pub fn elements(&self) -> &[Node] {
        if let Content::Sequence(elements) = &self.content { elements } else { &[] }
    }

    /// Text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Content::String(text) = &self.content { Some(text) } else { None }
    }

    /// Type of the value for messages, as `a list`.
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

    /// Node at a path, or `None`.
    pub fn find(&self, path: &FieldPath) -> Option<&Node> {
        path.0.iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.elements().get(*index),
        })
    }

    /// Location of the field at a path: its key, or the start of an element. If it is absent, that of its nearest
    /// ancestor.
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

    /// The tree as JSON, without locations.
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

    /// Tree of a JSON value. All nodes get the same location.
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
