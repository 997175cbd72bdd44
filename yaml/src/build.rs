//! The parser's events become trees.

use std::{borrow::Cow, path::Path};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::{Content, Document, Entry, Node, scalar};
use crate::{Diagnostic, Location};

/// Deeper than any manifest, and shallow enough for whatever walks the tree by recursion.
const MAX_DEPTH: usize = 64;

/// A collection whose end has not been seen.
enum Open {
    Sequence(Location, Vec<Node>),
    Mapping(Location, Vec<Entry>, Option<(String, Location)>),
}

/// Every document of a text that is not empty.
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
        refuse_indirections(&event).map_err(|diagnostic| diagnostic.at(&at))?;
        let complete = match event {
            Event::SequenceStart(..) => {
                refuse_as_key(open.last(), &at, "a list")?;
                open.push(Open::Sequence(at.clone(), Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                refuse_as_key(open.last(), &at, "a map")?;
                open.push(Open::Mapping(at.clone(), Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|ended| match ended {
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
            return Err(Diagnostic::new(format!("nested more than {MAX_DEPTH} deep")).at(&at));
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

/// Anchors, aliases and tags: nothing that a manifest or a lab needs, and each a way to say something unseen.
fn refuse_indirections(event: &Event<'_>) -> Result<(), Diagnostic> {
    let (anchor, tag): (usize, Option<&Cow<'_, Tag>>) = match event {
        Event::Alias(id) => (*id, None),
        Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
            (*anchor, tag.as_ref())
        }
        _ => return Ok(()),
    };
    if anchor > 0 {
        return Err(Diagnostic::new("anchors and aliases (`&name`, `*name`) are not understood")
            .help("write the value out where it is used; text that begins with & or * needs quotes"));
    }
    if let Some(tag) = tag {
        return Err(Diagnostic::new(format!("the tag `{}` is not understood", written(tag)))
            .help("leave it out; quotes make any scalar text"));
    }
    Ok(())
}

/// A tag as it stands in the file, as far as that is known.
fn written(tag: &Tag) -> String {
    if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() }
}

fn refuse_as_key(parent: Option<&Open>, at: &Location, what: &str) -> Result<(), Diagnostic> {
    match parent {
        Some(Open::Mapping(_, _, None)) => Err(Diagnostic::new(format!("{what} cannot be a key"))
            .at(at)
            .help("a key is text; what begins with { or [ needs quotes")),
        _ => Ok(()),
    }
}

fn new_key(text: &str, style: ScalarStyle, before: &[Entry], at: &Location) -> Result<String, Diagnostic> {
    if style == ScalarStyle::Plain && text == "<<" {
        return Err(Diagnostic::new("merge keys (`<<`) are not understood").at(at).help("write the fields out"));
    }
    let key = match style {
        ScalarStyle::Plain => scalar::resolve_plain_key(text).map_err(|diagnostic| diagnostic.at(at))?,
        _ => text.to_owned(),
    };
    before.iter().find(|entry| entry.key == key).map_or(Ok(()), |first| {
        Err(Diagnostic::new(format!("the key `{key}` stands here a second time"))
            .at(at)
            .help(format!("keep one of them; the first is on line {}", first.location.line)))
    })?;
    Ok(key)
}
