//! `name(part,part,…)`, with the place of each part.

use std::{ops::Range, time::Duration};

use crate::{error::ValueError, quantity::parse_duration};

/// A distribution with its arguments.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) parts: Vec<Part<'a>>,
    /// Range of everything between the parentheses.
    pub(super) inside: Range<usize>,
}

/// Text between two commas, without the white space around it.
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) at: Range<usize>,
}

impl<'a> Call<'a> {
    /// Reads a call; nothing, if the text has no parenthesis.
    pub(super) fn parse(text: &'a str) -> Result<Option<Self>, ValueError> {
        let Some((name, rest)) = text.split_once('(') else { return Ok(None) };
        let help = "write the arguments between parentheses, as in latency=uniform(10ms,80ms)";
        let Some(end) = rest.find(')') else {
            return Err(ValueError::new(text.len()..text.len(), "the parenthesis is not closed", help));
        };
        let start = name.len() + 1;
        let inside = start..start + end;
        if inside.end + 1 < text.len() {
            return Err(ValueError::new(inside.end + 1..text.len(), "nothing comes after the parenthesis", help));
        }
        let mut parts = Vec::new();
        let mut at = start;
        for written in rest[..end].split(',') {
            let part = written.trim();
            let from = at + (written.len() - written.trim_start().len());
            parts.push(Part { text: part, at: from..from + part.len() });
            at += written.len() + 1;
        }
        Ok(Some(Self { name: name.trim_end(), parts, inside }))
    }

    /// The two parts that most distributions have.
    pub(super) fn two(&self, message: &str, help: &str) -> Result<[&Part<'a>; 2], ValueError> {
        match self.parts.as_slice() {
            [first, second] => Ok([first, second]),
            _ => Err(ValueError::new(self.inside.clone(), message, help)),
        }
    }
}

impl Part<'_> {
    pub(super) fn duration(&self) -> Result<Duration, ValueError> {
        parse_duration(self.text).map_err(|error| error.shifted(self.at.start))
    }
}
