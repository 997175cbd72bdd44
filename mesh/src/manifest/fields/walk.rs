//! Checks every field of a document by the table of its kind, before deserialization.

use meshwalk_yaml::{Content, Diagnostic, Entry, FieldPath, Location, Node, nearest};

use super::{Effect, Table};

/// Result of checking a document's fields.
#[derive(Debug, Default)]
pub(crate) struct FieldReport {
    /// Document with only the translated fields.
    pub(crate) kept: Option<Node>,
    /// Patterns of the document's fields without effect, with the reasons.
    pub(crate) without_effect: Vec<(String, &'static str)>,
    /// Problems of the document's fields.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Checks every field of a document. The diagnostics have a location and a field, but no resource.
pub(crate) fn walk(document: &Node, table: &Table) -> FieldReport {
    let mut report = FieldReport::default();
    let mut checker = FieldChecker { table, report: &mut report };
    let kept = checker.value(document, "", &FieldPath::default(), None);
    report.kept = kept;
    report
}

struct FieldChecker<'a> {
    table: &'a Table,
    report: &'a mut FieldReport,
}

impl FieldChecker<'_> {
    /// Checks a value and returns its translated part, or `None`. `over` is the effect of an ancestor that covers it.
    fn value(&mut self, node: &Node, pattern: &str, path: &FieldPath, over: Option<Effect>) -> Option<Node> {
        if let Some(expected) = self.mismatch(node, pattern) {
            let message = format!("expected {expected}, not {}", node.describe());
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
                        self.check(element, &below, &path.index(index), &element.location, over)
                    })
                    .collect();
                Content::Sequence(kept)
            }
            scalar => scalar.clone(),
        };
        Some(Node { location: node.location.clone(), content })
    }

    /// Reports missing required fields.
    fn required(&mut self, node: &Node, pattern: &str, path: &FieldPath) {
        let schema = &self.table.schema;
        let is_misspelt = |name: &str| {
            let is_known = |key: &str| schema.children(pattern).any(|known| known == key);
            node.entries().iter().any(|entry| !is_known(&entry.key) && nearest(&entry.key, [name]).is_some())
        };
        for name in schema.required(pattern) {
            let is_present = node.get(name).is_some_and(|value| value.content != Content::Null);
            // A misspelt field is reported as unknown, not as missing too.
            if !is_present && !is_misspelt(name) {
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
        // As `kubectl`, treat a null field as absent; but not the value of a map.
        if entry.value.content == Content::Null && !is_map {
            return None;
        }
        let value = self.check(&entry.value, &below, &path, &entry.location, over)?;
        Some(Entry { key: entry.key.clone(), location: entry.location.clone(), value })
    }

    fn check(
        &mut self,
        node: &Node,
        pattern: &str,
        path: &FieldPath,
        location: &Location,
        over: Option<Effect>,
    ) -> Option<Node> {
        if over.is_some() {
            // The field is dropped, but misspelt fields below it are still reported.
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
                self.check_value(node, values, help, location, path).then(|| node.clone())
            }
            Some(Effect::Only(values, help)) => {
                self.check_value(node, values, help, location, path);
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
            Some(Effect::Rejected(help)) => {
                self.diagnostic(
                    Diagnostic::new("the local mesh does not support this field").help(help),
                    location,
                    path,
                );
                None
            }
            None => {
                let message = "the local mesh does not support this field";
                self.diagnostic(Diagnostic::new(message).help("remove it"), location, path);
                None
            }
        }
    }

    /// Reports a value that is not one of `values`.
    fn check_value(&mut self, node: &Node, values: &[&str], help: &str, location: &Location, path: &FieldPath) -> bool {
        let text = match &node.content {
            Content::String(text) => text.clone(),
            _ => node.to_json().to_string(),
        };
        let is_allowed = values.contains(&text.as_str());
        if !is_allowed {
            let message = format!("the local mesh does not support the value `{text}`");
            self.diagnostic(Diagnostic::new(message).help(help), location, path);
        }
        is_allowed
    }

    /// Type that the schema expects, if the node has another type.
    fn mismatch(&self, node: &Node, pattern: &str) -> Option<&'static str> {
        let expected = match self.table.schema.kind(pattern)? {
            "list" => "a list",
            // An object without fields in the schema may have any content.
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
        let help = nearest(&entry.key, known.iter().copied())
            .map_or_else(|| format!("use one of {}", known.join(", ")), |meant| format!("did you mean `{meant}`?"));
        self.diagnostic(Diagnostic::new("unknown field").help(help), &entry.location, path);
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic, location: &Location, path: &FieldPath) {
        self.report.diagnostics.push(diagnostic.at(location).field(path.to_string()));
    }
}
