//! Builds document trees from the parser's events.

use std::{borrow::Cow, path::Path};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::{Content, Document, Entry, Node, scalar};
use crate::{Diagnostic, Location};

/// Maximum nesting depth, so recursive functions cannot overflow the stack.
const MAX_DEPTH: usize = 64;

/// A collection that is still open.
enum Open {
    Sequence(Location, Vec<Node>),
    Mapping(Location, Vec<Entry>, Option<(String, Location)>),
}

/// All non-empty documents of a text.
pub(super) fn documents(text: &str, file: &Path) -> Result<Vec<Document>, Diagnostic> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let location = |mark: &Marker| Location { file: file.to_owned(), line: mark.line(), column: mark.col() + 1 };
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            Diagnostic::new(format!("not valid YAML: {}", error.info())).at(&location(error.marker()))
        })?;
        let at = location(&span.start);
        reject_indirections(&event).map_err(|diagnostic| diagnostic.at(&at))?;
        let complete = match event {
            Event::SequenceStart(..) => {
                reject_as_key(open.last(), &at, "a list")?;
                open.push(Open::Sequence(at.clone(), Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                reject_as_key(open.last(), &at, "a map")?;
                open.push(Open::Mapping(at.clone(), Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|closed| match closed {
                Open::Sequence(location, elements) => Node { location, content: Content::Sequence(elements) },
                Open::Mapping(location, entries, _) => Node { location, content: Content::Mapping(entries) },
            }),
            Event::Scalar(text, style, ..) => {
                if let Some(Open::Mapping(_, entries, key @ None)) = open.last_mut() {
                    *key = Some((new_key(&text, style, entries, &at)?, at));
                    continue;
                }
                let content = match style {
                    ScalarStyle::Plain => scalar::resolve_plain(&text).map_err(|diagnostic| diagnostic.at(&at))?,
                    _ => Content::String(text.into_owned()),
                };
                Some(Node { location: at.clone(), content })
            }
            _ => None,
        };
        if open.len() > MAX_DEPTH {
            return Err(Diagnostic::new(format!("nested deeper than {MAX_DEPTH} levels")).at(&at));
        }
        let Some(node) = complete else { continue };
        match open.last_mut() {
            Some(Open::Sequence(_, elements)) => elements.push(node),
            Some(Open::Mapping(_, entries, key)) => {
                if let Some((key, location)) = key.take() {
                    entries.push(Entry { key, location, value: node });
                }
            }
            None if node.content != Content::Null => documents.push(Document { root: node }),
            None => {}
        }
    }
    Ok(documents)
}

/// Rejects anchors, aliases and tags, which hide content from a reader.
fn reject_indirections(event: &Event<'_>) -> Result<(), Diagnostic> {
    let (anchor, tag): (usize, Option<&Cow<'_, Tag>>) = match event {
        Event::Alias(id) => (*id, None),
        Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
            (*anchor, tag.as_ref())
        }
        _ => return Ok(()),
    };
    if anchor > 0 {
        return Err(Diagnostic::new("anchors and aliases (`&name`, `*name`) are not supported")
            .help("repeat the value, or quote text that begins with & or *"));
    }
    if let Some(tag) = tag {
        return Err(Diagnostic::new(format!("the tag `{}` is not supported", tag_text(tag)))
            .help("remove it, or quote the value to make it text"));
    }
    Ok(())
}

/// Text of a tag.
fn tag_text(tag: &Tag) -> String {
    if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() }
}

fn reject_as_key(parent: Option<&Open>, at: &Location, what: &str) -> Result<(), Diagnostic> {
    match parent {
        Some(Open::Mapping(_, _, None)) => {
            Err(Diagnostic::new(format!("{what} cannot be a key")).at(at).help("quote text that begins with { or ["))
        }
        _ => Ok(()),
    }
}

fn new_key(text: &str, style: ScalarStyle, before: &[Entry], at: &Location) -> Result<String, Diagnostic> {
    if style == ScalarStyle::Plain && text == "<<" {
        return Err(Diagnostic::new("merge keys (`<<`) are not supported").at(at).help("repeat the fields"));
    }
    let key = match style {
        ScalarStyle::Plain => scalar::resolve_plain_key(text).map_err(|diagnostic| diagnostic.at(at))?,
        _ => text.to_owned(),
    };
    before.iter().find(|entry| entry.key == key).map_or(Ok(()), |first| {
        Err(Diagnostic::new(format!("duplicate key `{key}`"))
            .at(at)
            .help(format!("keep one of them; the first is on line {}", first.location.line)))
    })?;
    Ok(key)
}
