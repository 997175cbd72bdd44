//! Selects series of metrics.

use std::collections::BTreeMap;

use meshwalk_faults::Glob;

use super::Series;

/// Condition for the value of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// Exactly this value. The empty value also matches a series without the label, as in Prometheus.
    Is(String),
    /// Any other value than this.
    IsNot(String),
    /// Pattern in which `*` matches any text, and `?` any character.
    Like(String),
}

impl Matcher {
    /// Parses a condition as in labs: `503`, `!200`, `5*`.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix('!') {
            Some(value) => Self::IsNot(value.to_owned()),
            None if text.contains('*') => Self::Like(text.to_owned()),
            None => Self::Is(text.to_owned()),
        }
    }

    /// Returns true if a value meets the condition.
    pub fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Is(wanted) => value == wanted,
            Self::IsNot(unwanted) => value != unwanted,
            Self::Like(pattern) => Glob::new(pattern).matches(value.as_bytes()),
        }
    }
}

/// Selector of series by name, labels and workload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Name as printed.
    pub name: String,
    /// Conditions for labels; other labels may have any value.
    pub labels: BTreeMap<String, Matcher>,
    /// Workload of the instances, or `None` for all workloads.
    pub workload: Option<String>,
}

impl Selector {
    /// Selects all series of a name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds the condition that a label has a value.
    #[must_use]
    pub fn with(mut self, label: &str, matcher: &str) -> Self {
        self.labels.insert(label.to_owned(), Matcher::parse(matcher));
        self
    }

    /// Restricts the selector to one workload.
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
