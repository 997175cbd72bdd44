//! Reads a tree of YAML: rejects unknown keys, and continues after a problem to report all of them at once.

use std::path::PathBuf;

use meshwalk_yaml::{Content, Diagnostic, Entry, Location, Node, nearest};

/// Reader that collects the problems of a tree.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Problems found so far.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Files that the tree names, with the location and the field.
    pub(crate) files: Vec<(PathBuf, Location, String)>,
    /// Steps whose traffic could not be read, which has been reported. References to their traffic are not checked.
    pub(crate) unread_traffic: Vec<Location>,
}

impl Reader {
    /// Reports a problem.
    pub(crate) fn wrong(&mut self, location: &Location, field: &str, message: impl Into<String>, help: Option<String>) {
        let mut diagnostic = Diagnostic::new(message).at(location);
        if !field.is_empty() {
            diagnostic = diagnostic.field(field);
        }
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    /// Returns the entries of a map, and reports unknown keys.
    pub(crate) fn map<'n>(&mut self, node: &'n Node, field: &str, known: &[&str]) -> &'n [Entry] {
        if !matches!(node.content, Content::Mapping(_)) {
            let keys = format!("write a map with the keys {}", listed(known));
            self.wrong(&node.location, field, format!("expected a map, found {}", node.describe()), Some(keys));
        }
        for entry in node.entries().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let help = did_you_mean(&entry.key, known, || format!("the keys here are {}", listed(known)));
            self.wrong(&entry.location, &below(field, &entry.key), "unknown key", Some(help));
        }
        node.entries()
    }

    /// Returns the entry of a required key.
    pub(crate) fn required<'n>(&mut self, node: &'n Node, field: &str, key: &str, example: &str) -> Option<&'n Node> {
        let value = node.get(key);
        if value.is_none() {
            self.wrong(&node.location, &below(field, key), "it is missing", Some(format!("write it, as `{example}`")));
        }
        value
    }

    /// Reads text that is not empty.
    pub(crate) fn text(&mut self, node: &Node, field: &str) -> Option<String> {
        match node.as_str().map(str::trim) {
            Some("") => {
                self.wrong(&node.location, field, "it is empty", Some("write some text".to_owned()));
                None
            }
            Some(text) => Some(text.to_owned()),
            None => {
                let help = match node.content {
                    Content::Bool(_) | Content::Number(_) => "put it in quotes",
                    _ => "write text",
                };
                let message = format!("expected text, found {}", node.describe());
                self.wrong(&node.location, field, message, Some(help.to_owned()));
                None
            }
        }
    }

    /// Reads a scalar as it is written: numbers need no quotes.
    pub(crate) fn scalar(&mut self, node: &Node, field: &str) -> Option<String> {
        match &node.content {
            Content::Number(number) => Some(number.to_string()),
            _ => self.text(node, field),
        }
    }

    /// Reads a scalar with its own grammar.
    pub(crate) fn parsed<T>(
        &mut self,
        node: &Node,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.scalar(node, field)?;
        parse(&text).map_err(|message| self.wrong(&node.location, field, message, None)).ok()
    }

    /// Reads a whole number of at least 1.
    pub(crate) fn count(&mut self, node: &Node, field: &str) -> Option<u32> {
        let count = match &node.content {
            Content::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
            _ => None,
        };
        if count.is_none() {
            let help = Some("write a whole number of one or more".to_owned());
            self.wrong(&node.location, field, "this is not a count", help);
        }
        count
    }

    /// Reads `true` or `false`.
    pub(crate) fn flag(&mut self, node: &Node, field: &str) -> Option<bool> {
        if let Content::Bool(value) = node.content {
            return Some(value);
        }
        let message = format!("expected `true` or `false`, found {}", node.describe());
        self.wrong(&node.location, field, message, None);
        None
    }

    /// Reads one of a list of words.
    pub(crate) fn word<T: Copy>(&mut self, node: &Node, field: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, field)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let help = did_you_mean(&text, &known, || format!("write one of {}", listed(&known)));
            self.wrong(&node.location, field, format!("`{text}` is not known here"), Some(help));
        }
        found
    }

    /// Reads headers, in the order of the file.
    pub(crate) fn headers(&mut self, node: &Node, field: &str) -> Vec<(String, String)> {
        if !matches!(node.content, Content::Mapping(_)) {
            let help = Some("write a map, as `{x-canary: \"true\"}`".to_owned());
            self.wrong(&node.location, field, format!("expected a map, found {}", node.describe()), help);
        }
        let mut headers = Vec::new();
        for entry in node.entries() {
            let field = below(field, &entry.key);
            let Some(value) = self.scalar(&entry.value, &field) else { continue };
            if http::HeaderName::try_from(&entry.key).is_err() {
                let help = Some("write a header's name, as `x-canary`".to_owned());
                self.wrong(&entry.location, &field, "this is not a header's name", help);
            } else if http::HeaderValue::try_from(&value).is_err() {
                self.wrong(
                    &entry.value.location,
                    &field,
                    "this is not a header's value: it has a control character",
                    None,
                );
            }
            headers.push((entry.key.clone(), value));
        }
        headers
    }
}

/// Returns a single value or the items of a list, with their fields.
pub(crate) fn one_or_many<'n>(node: &'n Node, field: &str) -> Vec<(String, &'n Node)> {
    match &node.content {
        Content::Sequence(elements) => {
            elements.iter().enumerate().map(|(index, element)| (format!("{field}[{index}]"), element)).collect()
        }
        _ => vec![(field.to_owned(), node)],
    }
}

/// Returns the field of a key within another field.
pub(crate) fn below(field: &str, key: &str) -> String {
    match (field.is_empty(), key.contains(['.', '[', ']'])) {
        (true, _) => key.to_owned(),
        (false, true) => format!("{field}[{key:?}]"),
        (false, false) => format!("{field}.{key}"),
    }
}

/// Suggests the word most similar to a text, or the text of `fallback`.
pub(crate) fn did_you_mean(text: &str, words: &[&str], fallback: impl FnOnce() -> String) -> String {
    nearest(text, words.iter().copied()).map_or_else(fallback, |word| format!("did you mean `{word}`?"))
}

/// Formats words as a list in a sentence.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
