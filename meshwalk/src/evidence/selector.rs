//! Which series a check is about.

use std::collections::BTreeMap;

use meshwalk_faults::Glob;

use super::Series;

/// What a label's value has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// Exactly this. The empty value also matches a series without the label, as in Prometheus.
    Is(String),
    /// Anything but this.
    IsNot(String),
    /// A pattern in which `*` stands for any characters, and `?` for one.
    Like(String),
}

impl Matcher {
    /// Reads a matcher as labs write it: `503`, `!200`, `5*`.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix('!') {
            Some(value) => Self::IsNot(value.to_owned()),
            None if text.contains('*') => Self::Like(text.to_owned()),
            None => Self::Is(text.to_owned()),
        }
    }

    /// Whether a value is as it has to be.
    pub fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Is(wanted) => value == wanted,
            Self::IsNot(unwanted) => value != unwanted,
            Self::Like(pattern) => Glob::new(pattern).matches(value.as_bytes()),
        }
    }
}

/// Series by name, labels and the workload that publishes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// The name as printed.
    pub name: String,
    /// What labels have to be; others may be anything.
    pub labels: BTreeMap<String, Matcher>,
    /// Only instances of this workload; all without it.
    pub workload: Option<String>,
}

impl Selector {
    /// All series of a name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The same, with one more label.
    #[must_use]
    pub fn with(mut self, label: &str, matcher: &str) -> Self {
        self.labels.insert(label.to_owned(), Matcher::parse(matcher));
        self
    }

    /// The same, of one workload only.
    #[must_use]
    pub fn of(mut self, workload: &str) -> Self {
        self.workload = Some(workload.to_owned());
        self
    }

    pub(super) fn accepts(&self, workload: &str, series: &Series) -> bool {
        self.workload.as_deref().is_none_or(|wanted| wanted == workload)
            && series.name == self.name
            && self
                .labels
                .iter()
                .all(|(label, matcher)| matcher.accepts(series.labels.get(label).map_or("", String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, value, fits) in [
            ("5*", "503", true),
            ("5*", "200", false),
            ("*", "", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*aa", "aa", true),
            ("a*a", "a", false),
            ("spiffe://*/sa/x", "spiffe://t/ns/n/sa/x", true),
        ] {
            assert_eq!(Matcher::parse(pattern).accepts(value), fits, "{pattern} {value}");
        }
    }

    #[test]
    fn a_label_that_is_not_there_is_empty() {
        let series = Series { name: "a".into(), labels: [("x".to_owned(), "1".to_owned())].into() };
        assert!(Selector::named("a").with("x", "1").with("y", "").accepts("w", &series));
        assert!(Selector::named("a").with("y", "!2").of("w").accepts("w", &series));
        assert!(!Selector::named("a").with("y", "2").accepts("w", &series));
        assert!(!Selector::named("a").of("v").accepts("w", &series));
        assert!(!Selector::named("b").accepts("w", &series));
    }
}
