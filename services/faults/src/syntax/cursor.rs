//! A recursive descent through the text. It reads every byte once.

use super::{MAX_VALUE, RawRule, Value, Word};
use crate::error::ParseError;

/// What ends a bare value.
const ENDS: [char; 5] = [';', '|', '@', '"', '\n'];

pub(super) struct Cursor<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    pub(super) fn rules(mut self) -> Result<Vec<RawRule>, ParseError> {
        let mut rules = Vec::new();
        let mut after_bar = false;
        loop {
            self.skip(char::is_whitespace);
            match self.peek() {
                None if after_bar => return Err(self.missing_rule("after")),
                None => return Ok(rules),
                Some('|') => return Err(self.missing_rule(if after_bar { "after" } else { "before" })),
                Some(_) => rules.push(self.rule()?),
            }
            after_bar = self.take('|');
            if !after_bar && !matches!(self.peek(), None | Some('\n')) {
                return Err(self.out_of_place());
            }
        }
    }

    fn rule(&mut self) -> Result<RawRule, ParseError> {
        let mode = self.word("a mode", "a rule begins with a mode, as in error=503@30%")?;
        let argument = if self.take('=') { Some(self.value("argument")?) } else { None };
        let rate = if self.take('@') { Some(self.rate()?) } else { None };
        let mut keys = Vec::new();
        while self.take(';') {
            let key = self.word("a key", "after `;` comes a key and its value, as in ;path=/api/*")?;
            if !self.take('=') {
                let help = format!("write ;{}=VALUE", key.text);
                return Err(self.error(format!("the key `{}` has no value", key.text), help));
            }
            keys.push((key, self.value("value")?));
        }
        Ok(RawRule { mode, argument, rate, keys })
    }

    fn word(&mut self, what: &str, help: &str) -> Result<Word, ParseError> {
        self.blanks();
        let start = self.at;
        self.skip(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if start == self.at {
            return Err(self.error(format!("{what} is missing here"), help));
        }
        Ok(Word { text: self.source[start..self.at].to_owned(), at: start..self.at })
    }

    fn value(&mut self, what: &str) -> Result<Value, ParseError> {
        self.blanks();
        let value = if self.peek() == Some('"') { self.quoted()? } else { self.bare(what)? };
        if value.text.len() > MAX_VALUE {
            let message = format!("the {what} is {} bytes long", value.text.len());
            return Err(ParseError::new(self.source, value.at, message, format!("at most {MAX_VALUE} are allowed")));
        }
        Ok(value)
    }

    fn bare(&mut self, what: &str) -> Result<Value, ParseError> {
        let start = self.at;
        self.skip(|c| !ENDS.contains(&c));
        let text = self.source[start..self.at].trim_end();
        if self.peek() == Some('"') && !text.is_empty() {
            return Err(self.error(
                "a quotation mark within a value",
                "quote the whole value, and write \\\" for a quotation mark in it",
            ));
        }
        if text.is_empty() {
            self.at = start;
            return Err(self.error(format!("the {what} is empty"), format!("write the {what} after `=`")));
        }
        Ok(Value { text: text.to_owned(), at: start..start + text.len() })
    }

    fn quoted(&mut self) -> Result<Value, ParseError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(Value { text, at: open + 1..self.at - 1 }),
                '\\' => match self.peek() {
                    Some(escaped @ ('"' | '\\')) => {
                        self.at += 1;
                        text.push(escaped);
                    }
                    _ => {
                        self.at -= 1;
                        return Err(self.error("an unknown escape", "only \\\" and \\\\ are known"));
                    }
                },
                _ => text.push(c),
            }
        }
        self.at = open;
        Err(self.error("a quotation mark that is not closed", "close it with another \""))
    }

    /// Text between `@` and `%`. The caller checks that it is a number.
    fn rate(&mut self) -> Result<Value, ParseError> {
        self.blanks();
        let start = self.at;
        self.skip(|c| c != '%' && !ENDS.contains(&c));
        let text = self.source[start..self.at].trim_end();
        let at = start..start + text.len();
        if text.is_empty() {
            self.at = start;
            return Err(self.error("a percentage is missing here", "after `@` comes a percentage, as in @30%"));
        }
        if !self.take('%') {
            let message = format!("the percentage `{text}` has no per cent sign");
            return Err(ParseError::new(self.source, at, message, "write it as in @30%"));
        }
        Ok(Value { text: text.to_owned(), at })
    }

    fn missing_rule(&self, side: &str) -> ParseError {
        self.error(format!("a rule is missing {side} `|`"), "write `|` only between two rules")
    }

    /// The error for a character after a complete rule.
    fn out_of_place(&self) -> ParseError {
        match self.peek() {
            Some('@') => self.error(
                "an `@` out of place",
                "the percentage comes once, before the first `;`; a value with an `@` in it is quoted",
            ),
            Some('"') => self.error("a quotation mark out of place", "only an argument or a value is quoted"),
            _ => self.error("the rule ends here", "next comes `=`, `@`, `;`, or `|` and another rule"),
        }
    }

    fn error(&self, message: impl Into<String>, help: impl Into<String>) -> ParseError {
        let length = self.peek().map_or(0, char::len_utf8);
        ParseError::new(self.source, self.at..self.at + length, message, help)
    }

    /// Takes a character and the blanks before it, if it is the next one.
    fn take(&mut self, wanted: char) -> bool {
        self.blanks();
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn blanks(&mut self) {
        self.skip(|c| c.is_whitespace() && c != '\n');
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = &self.source[self.at..];
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }
}
