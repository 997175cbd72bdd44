//! Lists in environment variables.

use std::str::FromStr;

/// The values of one flag or of a whole environment variable, one per line. Empty lines next to others do not count, so
/// that a YAML block scalar, which ends with a newline, is taken as it is. Nothing but empty lines is one value, the
/// empty one, because a flag that is given has a meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<T>(Vec<Line<T>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line<T> {
    value: T,
    written: String,
}

impl<T> Lines<T> {
    /// The values of all occurrences, in order.
    pub fn flat(occurrences: &[Self]) -> impl Iterator<Item = &T> {
        Self::with_text(occurrences).map(|(value, _)| value)
    }

    /// Each value with what was written, for messages.
    pub(super) fn with_text(occurrences: &[Self]) -> impl Iterator<Item = (&T, &str)> {
        occurrences.iter().flat_map(|lines| &lines.0).map(|line| (&line.value, line.written.as_str()))
    }
}

impl<T: FromStr<Err: std::fmt::Display>> FromStr for Lines<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            lines.push("");
        }
        let single = lines.len() == 1;
        let read = |line: &str| match line.parse() {
            Ok(value) => Ok(Line { value, written: line.to_owned() }),
            Err(error) if single => Err(format!("{error}")),
            Err(error) => Err(format!("in '{line}': {error}")),
        };
        lines.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_and_a_last_newline_do_not_count() {
        let lines = ["01\n\n 2 \n".parse::<Lines<u8>>().unwrap()];
        assert_eq!(Lines::with_text(&lines).collect::<Vec<_>>(), [(&1, "01"), (&2, "2")]);
    }

    #[test]
    fn nothing_at_all_is_read_as_an_empty_value() {
        for text in ["", " ", "\n \n"] {
            let lines = [text.parse::<Lines<String>>().unwrap()];
            assert_eq!(Lines::flat(&lines).collect::<Vec<_>>(), [""], "{text:?}");
            assert!(text.parse::<Lines<u8>>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_error_names_the_line_where_there_are_several() {
        assert!("1\nx".parse::<Lines<u8>>().unwrap_err().starts_with("in 'x': "));
    }
}
