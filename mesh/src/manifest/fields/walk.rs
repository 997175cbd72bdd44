//! A document is judged field by field before its type sees it.

use meshwalk_yaml::{Content, Diagnostic, Entry, FieldPath, Location, Node, nearest};

use super::{Effect, Table};

/// What a walk through a document found.
#[derive(Debug, Default)]
pub(crate) struct FieldReport {
    /// The document without the fields that have no effect.
    pub(crate) kept: Option<Node>,
    /// Patterns of the fields without effect that occurred, with the reasons.
    pub(crate) without_effect: Vec<(String, &'static str)>,
    /// What may not stand there.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Judges every field of a document. The problems have a place and a field, and no resource yet.
pub(crate) fn walk(document: &Node, table: &Table) -> FieldReport {
    let mut report = FieldReport::default();
    let mut walk = Walk { table, report: &mut report };
    let kept = walk.value(document, "", &FieldPath::default(), None);
    report.kept = kept;
    report
}

struct Walk<'a> {
    table: &'a Table,
    report: &'a mut FieldReport,
}

impl Walk<'_> {
    /// The value without what has no effect; nothing if it has none at all. `over` is the effect of a field above
    /// that covers this one.
    fn value(&mut self, node: &Node, pattern: &str, path: &FieldPath, over: Option<Effect>) -> Option<Node> {
        if let Some(expected) = self.mismatch(node, pattern) {
            let message = format!("{expected} is expected here, not {}", node.describe());
            self.diagnostic(Diagnostic::new(message), &node.location, path);
            return None;
        }
        let content = match &node.content {
            Content::Mapping(entries) => {
                self.required(node, pattern, path);
                let kept = entries.iter().filter_map(|entry| self.entry(entry, pattern, path, over)).collect();
                Content::Mapping(kept)
            }
            Content::Sequence(elements) => {
                let below = format!("{pattern}[]");
                let kept = elements
                    .iter()
                    .enumerate()
                    .filter_map(|(index, element)| {
                        self.judge(element, &below, &path.index(index), &element.location, over)
                    })
                    .collect();
                Content::Sequence(kept)
            }
            scalar => scalar.clone(),
        };
        Some(Node { location: node.location.clone(), content })
    }

    /// What a cluster would not accept the object without.
    fn required(&mut self, node: &Node, pattern: &str, path: &FieldPath) {
        let schema = &self.table.schema;
        let slips = |name: &str| {
            let is_known = |key: &str| schema.children(pattern).any(|known| known == key);
            node.entries().iter().any(|entry| !is_known(&entry.key) && nearest(&entry.key, [name]).is_some())
        };
        for name in schema.required(pattern) {
            let is_there = node.get(name).is_some_and(|value| value.content != Content::Null);
            // Of a slip, the problem is told once.
            if !is_there && !slips(name) {
                self.diagnostic(Diagnostic::new("this field is required"), &node.location, &path.key(name));
            }
        }
    }

    fn entry(&mut self, entry: &Entry, pattern: &str, path: &FieldPath, over: Option<Effect>) -> Option<Entry> {
        let path = path.key(&entry.key);
        let is_map = self.table.schema.kind(pattern) == Some("map");
        let below = match pattern {
            _ if is_map => format!("{pattern}{{}}"),
            "" => entry.key.clone(),
            _ => format!("{pattern}.{}", entry.key),
        };
        if self.table.schema.kind(&below).is_none() {
            self.unknown(entry, pattern, &path);
            return None;
        }
        // As for `kubectl`, a field with nothing in it is as good as none; a map's value is not.
        if entry.value.content == Content::Null && !is_map {
            return None;
        }
        let value = self.judge(&entry.value, &below, &path, &entry.location, over)?;
        Some(Entry { key: entry.key.clone(), location: entry.location.clone(), value })
    }

    fn judge(
        &mut self,
        node: &Node,
        pattern: &str,
        path: &FieldPath,
        location: &Location,
        over: Option<Effect>,
    ) -> Option<Node> {
        if over.is_some() {
            // Nothing of it is kept, but a slip is a slip.
            self.value(node, pattern, path, over);
            return None;
        }
        if self.table.contains_rules(pattern) {
            let value = self.value(node, pattern, path, None)?;
            return self.table.contains_translated(pattern).then_some(value);
        }
        let effect = self.table.effect(pattern);
        match effect {
            Some(Effect::Translated) => self.value(node, pattern, path, None),
            Some(Effect::TranslatedIf(values, help)) => {
                self.only(node, values, help, location, path).then(|| node.clone())
            }
            Some(Effect::Only(values, help)) => {
                self.only(node, values, help, location, path);
                None
            }
            Some(Effect::WithoutEffect(reason)) => {
                let found = (pattern.to_owned(), reason);
                if !self.report.without_effect.contains(&found) {
                    self.report.without_effect.push(found);
                }
                self.value(node, pattern, path, effect);
                None
            }
            Some(Effect::Refused(help)) => {
                self.diagnostic(
                    Diagnostic::new("the local mesh does not understand this field").help(help),
                    location,
                    path,
                );
                None
            }
            None => {
                let message = "the local mesh does not know what to do with this field";
                self.diagnostic(Diagnostic::new(message).help("leave it out"), location, path);
                None
            }
        }
    }

    /// Whether a value is one of those that may stand there; a value that the schema does not know is left to the type.
    fn only(&mut self, node: &Node, values: &[&str], help: &str, location: &Location, path: &FieldPath) -> bool {
        let text = match &node.content {
            Content::String(text) => text.clone(),
            _ => node.to_json().to_string(),
        };
        let allowed = values.contains(&text.as_str());
        if !allowed {
            let message = format!("the local mesh does not understand `{text}` here");
            self.diagnostic(Diagnostic::new(message).help(help), location, path);
        }
        allowed
    }

    /// What the schema expects, if the node is something else.
    fn mismatch(&self, node: &Node, pattern: &str) -> Option<&'static str> {
        let expected = match self.table.schema.kind(pattern)? {
            "list" => "a list",
            // An object of which the schema names no field may be anything.
            "object" if self.table.schema.children(pattern).next().is_some() => "a map",
            "map" => "a map",
            "boolean" => "true or false",
            "integer" | "number" => "a number",
            kind if kind.starts_with("string") => "text",
            _ => return None,
        };
        (node.describe() != expected).then_some(expected)
    }

    fn unknown(&mut self, entry: &Entry, pattern: &str, path: &FieldPath) {
        let schema = &self.table.schema;
        if schema.kind(pattern) == Some("object") && schema.children(pattern).next().is_none() {
            return;
        }
        let known: Vec<&str> = schema.children(pattern).collect();
        let help = nearest(&entry.key, known.iter().copied()).map_or_else(
            || format!("it may be one of {}", known.join(", ")),
            |meant| format!("did you mean `{meant}`?"),
        );
        self.diagnostic(Diagnostic::new("there is no such field").help(help), &entry.location, path);
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic, location: &Location, path: &FieldPath) {
        self.report.diagnostics.push(diagnostic.at(location).field(path.to_string()));
    }
}
