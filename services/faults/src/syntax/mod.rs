//! The grammar, without any knowledge of modes and keys.
//!
//! ```text
//! rules     = rule { ( "|" | NEWLINE ) rule }
//! rule      = mode [ "=" argument ] [ "@" number "%" ] { ";" key "=" value }
//! mode      = word ;  key = word ;  argument, value = bare | '"' { any, with \" and \\ } '"'
//! bare      = any characters but  ; | @ " and newline
//! ```
//! White space around any part is ignored, and so are empty lines. A quoted value keeps its white space.

mod cursor;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range};

use super::error::{ParseError, ValueError};
use cursor::Cursor;

/// The longest text that is read at all, in bytes.
pub(crate) const MAX_TEXT: usize = 256 * 1024;

/// The longest argument or value, in bytes.
pub(crate) const MAX_VALUE: usize = 2048;

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawRule {
    pub(crate) mode: Word,
    pub(crate) argument: Option<Value>,
    /// Text between `@` and `%`.
    pub(crate) rate: Option<Value>,
    pub(crate) keys: Vec<(Word, Value)>,
}

/// A word and its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: Range<usize>,
}

/// A value without its quotation marks, and its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    /// Range of the content in the source, within the quotation marks if there are any.
    pub(crate) at: Range<usize>,
}

impl Value {
    /// A complaint about this value as an error in the source.
    pub(crate) fn error(&self, source: &str, error: ValueError) -> ParseError {
        let at = self.source_offset(source, error.at.start)..self.source_offset(source, error.at.end);
        ParseError::new(source, at, error.message, error.help)
    }

    /// Position in the source of a byte of the value. The source has one more byte for every escape before it.
    fn source_offset(&self, source: &str, byte: usize) -> usize {
        let written = &source[self.at.clone()];
        if written.len() == self.text.len() {
            return self.at.start + byte.min(written.len());
        }
        let (mut decoded, mut escaped) = (0, false);
        for (offset, c) in written.char_indices() {
            if decoded >= byte && !escaped {
                return self.at.start + offset;
            }
            escaped = c == '\\' && !escaped;
            if !escaped {
                decoded += c.len_utf8();
            }
        }
        self.at.end
    }
}

/// Reads every rule of a text.
///
/// # Errors
/// The first place at which the text leaves the grammar.
pub(crate) fn parse(source: &str) -> Result<Vec<RawRule>, ParseError> {
    if source.len() > MAX_TEXT {
        return Err(ParseError::new(
            source,
            MAX_TEXT..MAX_TEXT,
            format!("the rules are {} bytes long", source.len()),
            format!("at most {MAX_TEXT} bytes are read"),
        ));
    }
    Cursor::new(source).rules()
}

/// A value as the grammar wants it: bare where that is possible, else quoted.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        let bare = !text.is_empty() && text.trim() == *text && !text.contains([';', '|', '@', '"', '\n']);
        if bare { f.write_str(text) } else { write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
    }
}
