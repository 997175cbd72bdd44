//! Lists in environment variables.

use std::str::FromStr;

/// The values of one flag or of a whole environment variable, one per line. Empty lines do not count, so that a YAML
/// block scalar, which ends with a newline, is taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<T>(Vec<T>);

impl<T> Lines<T> {
    /// The values of all occurrences, in order.
    pub fn flat(occurrences: &[Self]) -> impl Iterator<Item = &T> {
        occurrences.iter().flat_map(|lines| &lines.0)
    }
}

impl<T> From<Vec<T>> for Lines<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

impl<T: FromStr<Err: std::fmt::Display>> FromStr for Lines<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let single = lines.len() == 1;
        lines
            .into_iter()
            .map(|line| line.parse().map_err(|e| if single { format!("{e}") } else { format!("in '{line}': {e}") }))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_and_a_last_newline_do_not_count() {
        assert_eq!("1\n\n 2 \n".parse::<Lines<u8>>(), Ok(Lines(vec![1, 2])));
        assert_eq!("".parse::<Lines<u8>>(), Ok(Lines(vec![])));
    }

    #[test]
    fn an_error_names_the_line_where_there_are_several() {
        assert!("1\nx".parse::<Lines<u8>>().unwrap_err().starts_with("in 'x': "));
    }
}
