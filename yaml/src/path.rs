//! Path of a field, as `spec.http[0].route`.

use std::fmt;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Key of a mapping.
    Key(String),
    /// Index of a sequence, from 0.
    Index(usize),
}

/// Steps from a document's root to a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<Step>);

impl FieldPath {
    /// Parses `a.b[0]["c.d"]`. Invalid parts become keys that no document has.
    pub fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some((quoted, after)) = rest.strip_prefix("[\"").and_then(|inner| inner.split_once("\"]")) {
                steps.push(Step::Key(quoted.to_owned()));
                rest = after;
            } else if let Some((index, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
                steps.push(index.parse().map_or_else(|_| Step::Key(index.to_owned()), Step::Index));
                rest = after;
            } else {
                let word = rest.strip_prefix('.').unwrap_or(rest);
                let end = word.find(['.', '[']).unwrap_or(word.len()).max(usize::from(!word.is_empty()));
                let end = word.char_indices().map(|(at, _)| at).find(|at| *at >= end).unwrap_or(word.len());
                steps.push(Step::Key(word[..end].to_owned()));
                rest = &word[end..];
            }
        }
        Self(steps)
    }

    /// Path of a key below this path.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// Path of an element below this path.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if key.is_empty() || key.contains(['.', '[', ']', ' ']) => write!(f, "[\"{key}\"]")?,
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}
