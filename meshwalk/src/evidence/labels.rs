//! Parses names and labels within a line of Prometheus text.

use std::collections::BTreeMap;

/// Rest of the line at the error, and what was expected.
type Wrong<'a> = (&'a str, &'static str);

/// Parses a name at the start of the text, and returns the rest; metric names may contain colons.
pub(super) fn name(text: &str, colons: bool) -> Option<(&str, &str)> {
    let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let starts_well = name.starts_with(|c: char| !c.is_ascii_digit());
    starts_well.then_some((name, rest))
}

/// Parses labels up to the closing brace, and returns the rest. A comma before the brace is allowed.
pub(super) fn read(mut text: &str) -> Result<(BTreeMap<String, String>, &str), Wrong<'_>> {
    let mut labels = BTreeMap::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (key, rest) = name(text, false).ok_or((text, "a label's name or } was expected"))?;
        let rest = rest.trim_start();
        let rest = rest.strip_prefix('=').ok_or((rest, "= was expected"))?.trim_start();
        let quoted = rest.strip_prefix('"').ok_or((rest, "a value in quotes was expected"))?;
        let (value, rest) = unquote(quoted)?;
        labels.insert(key.to_owned(), value);
        text = rest.trim_start();
        match text.strip_prefix(',') {
            Some(rest) => text = rest,
            None if text.starts_with('}') => {}
            None => return Err((text, "a comma or } was expected")),
        }
    }
}

/// Parses a value up to its closing quote, unescapes `\\`, `\"` and `\n`, and returns the rest.
fn unquote(text: &str) -> Result<(String, &str), Wrong<'_>> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                // Prometheus' own parser leaves other escapes unchanged.
                Some((_, other)) => value.extend(['\\', other]),
                None => return Err((&text[at..], "an escaped character was expected")),
            },
            other => value.push(other),
        }
    }
    Err((&text[text.len()..], "a closing quote was expected"))
}
