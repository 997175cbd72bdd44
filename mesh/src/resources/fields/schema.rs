//! The published fields of a kind, as `mesh/schemas/extract.py` wrote them down.

use std::collections::BTreeMap;

/// A kind's fields by path, with their types.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    fields: BTreeMap<String, String>,
}

impl Schema {
    /// Reads lines of a path and a type.
    pub(super) fn parse(text: &str) -> Self {
        let pair = |line: &str| line.split_once(' ').map(|(path, kind)| (path.to_owned(), kind.to_owned()));
        Self { fields: text.lines().filter_map(pair).collect() }
    }

    /// Every field's path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// The type of a field: `object`, `list`, `map`, `string`, `string=A|B`, `integer`, `number`, `boolean`,
    /// `int-or-string` or `any`. The root is an object.
    pub fn kind(&self, path: &str) -> Option<&str> {
        if path.is_empty() { Some("object") } else { self.fields.get(path).map(String::as_str) }
    }

    /// The values that a text may have, where they are fixed.
    pub fn values(&self, path: &str) -> Option<Vec<&str>> {
        self.kind(path)?.strip_prefix("string=").map(|values| values.split('|').collect())
    }

    /// The names of an object's fields.
    pub fn children<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let start = if path.is_empty() { String::new() } else { format!("{path}.") };
        let length = start.len();
        self.fields
            .range(start.clone()..)
            .take_while(move |(field, _)| field.starts_with(&start))
            .map(move |(field, _)| &field[length..])
            .filter(|name| !name.contains(['.', '[', '{']))
    }
}
