//! The place of something within a text, for who finds a mistake inside of a scalar.

use super::Node;
use crate::Location;

impl Node {
    /// Where a character of the text that this node holds stands in its file, whose content is `source`. Lines and
    /// columns of the text count from 1, and its end has a place too.
    ///
    /// Nothing, if the node holds no text, or is written in a way in which that cannot be told simply: over several
    /// lines that YAML folds into one, or with escapes by number.
    pub fn place_within(&self, source: &str, line: usize, column: usize) -> Option<Location> {
        let text = self.as_str()?;
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        let (line, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
        let mut lines = source.lines().skip(self.location.line.checked_sub(1)?);
        let first = lines.next()?;
        let (start, _) = first.char_indices().nth(self.location.column.checked_sub(1)?)?;
        let written = &first[start..];
        let lines_before = text.split('\n').take(line).map(|line| line.chars().count() + 1);
        let wanted = lines_before.sum::<usize>() + column;
        let before = match written.chars().next()? {
            '"' => characters_before(&written[1..], text, wanted, double_quoted).map(|before| before + 1),
            '\'' => characters_before(&written[1..], text, wanted, single_quoted).map(|before| before + 1),
            _ => characters_before(written, text, wanted, |c, _| Some((c, 1))),
        };
        if let Some(before) = before {
            return Some(Location { column: self.location.column + before, ..self.location.clone() });
        }
        // A block that keeps its lines begins, for the parser, at the first of them.
        let wanted = text.split('\n').nth(line)?;
        let found = std::iter::once(first).chain(lines).nth(line)?;
        let indent = found.strip_suffix(wanted).filter(|indent| indent.chars().all(|c| c == ' '))?;
        Some(Location { line: self.location.line + line, column: indent.len() + column + 1, ..self.location.clone() })
    }
}

/// How many characters as `written` stand before so many of the text. Nothing, if they are not those of the text.
fn characters_before(
    written: &str,
    text: &str,
    wanted: usize,
    read: impl Fn(char, Option<char>) -> Option<(char, usize)>,
) -> Option<usize> {
    let written: Vec<char> = written.chars().collect();
    let mut at = 0;
    for c in text.chars().take(wanted) {
        let (found, width) = read(*written.get(at)?, written.get(at + 1).copied())?;
        if found != c {
            return None;
        }
        at += width;
    }
    Some(at)
}

/// A character between double quotes, and how many it is written as.
fn double_quoted(c: char, next: Option<char>) -> Option<(char, usize)> {
    match (c, next) {
        ('\\', Some(escaped @ ('"' | '\\' | '/'))) => Some((escaped, 2)),
        ('\\', Some('t')) => Some(('\t', 2)),
        ('\\', Some('n')) => Some(('\n', 2)),
        ('\\', _) => None,
        (c, _) => Some((c, 1)),
    }
}

/// A character between single quotes, of which the quote itself is doubled.
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

    /// The place of a line and column of the text under the key `text`, as `LINE:COLUMN`.
    fn location(source: &str, line: usize, column: usize) -> Option<String> {
        let document = parse(source, "a.yaml".as_ref()).unwrap().remove(0);
        let location = document.get("text").unwrap().place_within(source, line, column)?;
        Some(format!("{}:{}", location.line, location.column))
    }

    #[test]
    fn a_character_is_found_in_every_way_to_write_text() {
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
    fn what_yaml_folds_has_no_place_of_its_own() {
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
    fn another_files_content_gives_no_place() {
        let document = parse("text: abc\n", "a.yaml".as_ref()).unwrap().remove(0);
        for source in ["", "text: xyz\n", "short\n"] {
            assert_eq!(document.get("text").unwrap().place_within(source, 1, 3), None, "{source:?}");
        }
    }
}
