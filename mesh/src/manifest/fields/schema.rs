//! Published fields of a kind, as written by `mesh/schemas/extract.py`.

use std::collections::{BTreeMap, BTreeSet};

/// Fields of a kind by path, with their types.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    fields: BTreeMap<String, String>,
    required: BTreeSet<String>,
}

impl Schema {
    /// Parses lines of a path, a type, and optionally the word `required`.
    pub(super) fn parse(text: &str) -> Self {
        let mut schema = Self::default();
        for line in text.lines() {
            let mut parts = line.split(' ').map(str::to_owned);
            let (Some(path), Some(kind)) = (parts.next(), parts.next()) else { continue };
            if parts.next().is_some() {
                schema.required.insert(path.clone());
            }
            schema.fields.insert(path, kind);
        }
        schema
    }

    /// Paths of all fields.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Type of a field: `object`, `list`, `map`, `string`, `string=A|B`, `integer`, `number`, `boolean`,
    /// `int-or-string` or `any`. The root is an object.
    pub fn kind(&self, path: &str) -> Option<&str> {
        if path.is_empty() { Some("object") } else { self.fields.get(path).map(String::as_str) }
    }

    /// Allowed values of a string, if the schema lists them.
    pub fn values(&self, path: &str) -> Option<Vec<&str>> {
        self.kind(path)?.strip_prefix("string=").map(|values| values.split('|').collect())
    }

    /// Names of an object's fields.
    pub fn children<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let start = if path.is_empty() { String::new() } else { format!("{path}.") };
        let length = start.len();
        self.fields
            .range(start.clone()..)
            .take_while(move |(field, _)| field.starts_with(&start))
            .map(move |(field, _)| &field[length..])
            .filter(|name| !name.contains(['.', '[', '{']))
    }

    /// Names of an object's required fields.
    pub fn required<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.children(path).filter(move |name| {
            self.required.contains(*name) && path.is_empty() || self.required.contains(&format!("{path}.{name}"))
        })
    }
}
