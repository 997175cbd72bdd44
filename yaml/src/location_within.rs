//! Locations within the text of a scalar.

use super::Node;
use crate::Location;

impl Node {
    /// Location in the file of a line and column of this node's text. `source` is the content of the file. Lines and
    /// columns count from 1, and the end of the text also has a location.
    ///
    /// Returns `None` if the node is not a string, spans several lines that YAML folds into one, or has numeric
    /// escapes.
    pub fn location_within(&self, source: &str, line: usize, column: usize) -> Option<Location> {
        let text = self.as_str()?;
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        let (line, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
        let mut lines = source.lines().skip(self.location.line.checked_sub(1)?);
        let first = lines.next()?;
        let (start, _) = first.char_indices().nth(self.location.column.checked_sub(1)?)?;
        let written = &first[start..];
        let lines_before = text.split('\n').take(line).map(|line| line.chars().count() + 1);
        let count = lines_before.sum::<usize>() + column;
        let before = match written.chars().next()? {
            '"' => characters_before(&written[1..], text, count, double_quoted).map(|before| before + 1),
            '\'' => characters_before(&written[1..], text, count, single_quoted).map(|before| before + 1),
            _ => characters_before(written, text, count, |c, _| Some((c, 1))),
        };
        if let Some(before) = before {
            return Some(Location { column: self.location.column + before, ..self.location.clone() });
        }
        // The parser locates a literal block at its first line.
        let expected = text.split('\n').nth(line)?;
        let found = std::iter::once(first).chain(lines).nth(line)?;
        let indent = found.strip_suffix(expected).filter(|indent| indent.chars().all(|c| c == ' '))?;
        Some(Location { line: self.location.line + line, column: indent.len() + column + 1, ..self.location.clone() })
    }
}

/// Number of characters of `written` before the first `count` characters of the text. `None` if they do not match.
fn characters_before(
    written: &str,
    text: &str,
    count: usize,
    read: impl Fn(char, Option<char>) -> Option<(char, usize)>,
) -> Option<usize> {
    let written: Vec<char> = written.chars().collect();
    let mut at = 0;
    for c in text.chars().take(count) {
        let (found, width) = read(*written.get(at)?, written.get(at + 1).copied())?;
        if found != c {
            return None;
        }
        at += width;
    }
    Some(at)
}

/// Unescapes a character between double quotes, and counts its source characters.
fn double_quoted(c: char, next: Option<char>) -> Option<(char, usize)> {
    match (c, next) {
        ('\\', Some(escaped @ ('"' | '\\' | '/'))) => Some((escaped, 2)),
        ('\\', Some('t')) => Some(('\t', 2)),
        ('\\', Some('n')) => Some(('\n', 2)),
        ('\\', _) => None,
        (c, _) => Some((c, 1)),
    }
}

/// Unescapes a character between single quotes, and counts its source characters.
fn single_quoted(c: char, next: Option<char>) -> Option<(char, usize)> {
    match (c, next) {
        ('\'', Some('\'')) => Some((c, 2)),
        ('\'', _) => None,
        (c, _) => Some((c, 1)),
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    /// Location of a line and column in the text of the key `text`, as `LINE:COLUMN`.
    fn location(source: &str, line: usize, column: usize) -> Option<String> {
        let document = parse(source, "a.yaml".as_ref()).unwrap().remove(0);
        let location = document.get("text").unwrap().location_within(source, line, column)?;
        Some(format!("{}:{}", location.line, location.column))
    }

    #[test]
    fn locates_a_character_in_every_scalar_style() {
        for (source, line, column, expected) in [
            ("text: abc\n", 1, 3, "1:9"),
            ("other: 1\ntext: \"abc\"\n", 1, 1, "2:8"),
            ("text: \"a\\\"b\\\\c\"\n", 1, 5, "1:14"),
            ("text: \"a\\nb\"\n", 2, 1, "1:11"),
            ("text: 'it''s'\n", 1, 4, "1:12"),
            ("{text: äöü, other: 1}\n", 1, 3, "1:10"),
            ("text: |\n  one\n   two\n", 2, 2, "3:4"),
            ("text: |\n  \"one\"\n", 1, 2, "2:4"),
            ("text: >\n  one\n  two\n", 1, 2, "2:4"),
            ("text: abc\n", 1, 4, "1:10"),
            ("\u{feff}text: abc\n", 1, 1, "1:7"),
        ] {
            assert_eq!(location(source, line, column).as_deref(), Some(expected), "{source:?}");
        }
    }

    #[test]
    fn returns_none_for_folded_and_escaped_text() {
        for (source, line, column) in [
            ("text: >\n  one\n  two\n", 1, 5),
            ("text: \"one\n  two\"\n", 1, 5),
            ("text: one\n  two\n", 1, 5),
            ("text: \"\\x41b\"\n", 1, 2),
        ] {
            assert_eq!(location(source, line, column), None, "{source:?}");
        }
    }

    #[test]
    fn returns_none_if_the_source_does_not_match() {
        let document = parse("text: abc\n", "a.yaml".as_ref()).unwrap().remove(0);
        for source in ["", "text: xyz\n", "short\n"] {
            assert_eq!(document.get("text").unwrap().location_within(source, 1, 3), None, "{source:?}");
        }
    }
}
