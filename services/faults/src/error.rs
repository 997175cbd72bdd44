//! A fault in the fault rule: what is wrong, where, and what would be right.

use std::{fmt, ops::Range};

/// How much of a long line an error shows on either side of the place.
const WINDOW: usize = 60;

/// Error of a text that is not a rule. It prints several lines: the reason, the line, a caret under the location, help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    message: String,
    help: String,
    line: usize,
    column: usize,
    excerpt: String,
    caret: Range<usize>,
}

impl ParseError {
    /// An error at a range of bytes of `source`. The range may lie at the end; it is cut to its first line.
    pub(crate) fn new(source: &str, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        let start = floor_boundary(source, at.start);
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |newline| start + newline);
        let end = floor_boundary(source, at.end).clamp(start, line_end);
        let before: Vec<char> = source[line_start..start].chars().collect();
        let marked = source[start..end].chars().count();
        // An error about a huge line must not be huge itself.
        let cut = before.len().saturating_sub(WINDOW);
        let mut excerpt: String = if cut > 0 { "…".into() } else { String::new() };
        excerpt.extend(&before[cut..]);
        let caret = excerpt.chars().count();
        let rest: String = source[start..line_end].chars().take(WINDOW).collect();
        let shortened = start + rest.len() < line_end;
        excerpt.push_str(&rest);
        if shortened {
            excerpt.push('…');
        }
        Self {
            message: message.into(),
            help: help.into(),
            line: source[..start].matches('\n').count() + 1,
            column: before.len() + 1,
            // A tab or an escape sequence would move the caret, or the terminal's cursor.
            excerpt: excerpt.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
            caret: caret..caret + marked.clamp(1, WINDOW),
        }
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The line of the text that is wrong, or of a long one the part around the place.
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }

    /// The line of the place, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column of the place in characters, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (line {}, column {})", self.message, self.line, self.column)?;
        writeln!(f, "  {}", self.excerpt)?;
        writeln!(f, "  {}{}", " ".repeat(self.caret.start), "^".repeat(self.caret.len()))?;
        write!(f, "  {}", self.help)
    }
}

impl std::error::Error for ParseError {}

fn floor_boundary(source: &str, at: usize) -> usize {
    (0..=at.min(source.len())).rev().find(|&byte| source.is_char_boundary(byte)).unwrap_or(0)
}

/// Returns the known word that is nearest to a misspelt one, or `None` if no word is near.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance costs the product of the lengths, so a long word is cut.
    let word: String = word.chars().take(40).collect();
    known
        .into_iter()
        .map(|candidate| (strsim::levenshtein(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean …?` for the known word that a misspelt one most resembles, or nothing.
pub(crate) fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Error in a value, with a range of bytes in that value. The parser turns it into a [`ParseError`] of the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueError {
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// For a place that is known otherwise, such as a flag's value.
impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl ValueError {
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: help.into() }
    }

    /// The same complaint about a part that begins at `offset` of the value.
    pub(crate) fn shifted(mut self, offset: usize) -> Self {
        self.at = self.at.start + offset..self.at.end + offset;
        self
    }
}
