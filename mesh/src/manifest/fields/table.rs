//! How a table of fields is written, and how a field is found in it.

use std::collections::BTreeMap;

use super::schema::Schema;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes what a proxy or a process gets. Only this field, not what is below it.
    Translated,
    /// It is translated if it has one of these values; for others the remedy says what would be right.
    TranslatedIf(&'static [&'static str], &'static str),
    /// It does nothing on one machine, with everything below it, for this reason.
    WithoutEffect(&'static str),
    /// It may be written if it says what is the case anyhow, one of these values; the remedy is for others.
    Only(&'static [&'static str], &'static str),
    /// It may not be written, with everything below it; the remedy says what to do instead.
    Refused(&'static str),
}

/// Fields and what becomes of them. A pattern is a path with `[]` for the elements of a list and `{}` for the values
/// of a map; `{a,b}` stands for both words.
pub(crate) struct Rule(pub(crate) &'static str, pub(crate) Effect);

/// Rules for what lies under each of some paths: a structure that occurs several times is classified once.
pub(crate) struct Group {
    /// The paths, or one empty one for the root.
    pub(crate) under: &'static [&'static str],
    /// Rules relative to them.
    pub(crate) rules: &'static [Rule],
}

/// A kind's fields: which there are, and what becomes of them.
#[derive(Debug)]
pub struct Table {
    /// The published schema.
    pub schema: Schema,
    rules: BTreeMap<String, Effect>,
}

impl Table {
    pub(crate) fn new(schema: &str, groups: &[&[Group]]) -> Self {
        let mut rules = BTreeMap::new();
        for group in groups.iter().copied().flatten() {
            for Rule(pattern, effect) in group.rules {
                for under in group.under {
                    let dot = if under.is_empty() { "" } else { "." };
                    rules.extend(expand(&format!("{under}{dot}{pattern}")).into_iter().map(|path| (path, *effect)));
                }
            }
        }
        Self { schema: Schema::parse(schema), rules }
    }

    /// What becomes of a field, by its own rule or that of the nearest one above it whose rule covers what is below.
    pub fn effect(&self, path: &str) -> Option<Effect> {
        if let Some(effect) = self.rules.get(path) {
            return Some(*effect);
        }
        ancestors(path)
            .find_map(|above| self.rules.get(above))
            .copied()
            .filter(|effect| matches!(effect, Effect::WithoutEffect(_) | Effect::Refused(_) | Effect::Only(..)))
    }

    /// Whether a field has no rule because what is below it has some.
    pub fn contains_rules(&self, path: &str) -> bool {
        self.below(path).next().is_some()
    }

    /// Whether anything below a field is translated.
    pub fn contains_translated(&self, path: &str) -> bool {
        self.below(path).any(|effect| matches!(effect, Effect::Translated | Effect::TranslatedIf(..)))
    }

    fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Effect> + 'a {
        self.rules
            .range(path.to_owned()..)
            .take_while(move |(rule, _)| rule.starts_with(path))
            .filter(move |(rule, _)| rule[path.len()..].starts_with(['.', '[', '{']))
            .map(|(_, effect)| effect)
    }

    /// Every path that has a rule of its own.
    pub fn rules(&self) -> impl Iterator<Item = (&str, Effect)> {
        self.rules.iter().map(|(path, effect)| (path.as_str(), *effect))
    }
}

/// The paths above a path, the nearest first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| parent(path)).skip(1)
}

/// The path above `a.b`, `a[]` or `a{}`.
pub(super) fn parent(path: &str) -> Option<&str> {
    let short = path.strip_suffix("[]").or_else(|| path.strip_suffix("{}"));
    short.or_else(|| path.rsplit_once('.').map(|(above, _)| above))
}

/// Every path that a pattern with `{a,b}` stands for.
fn expand(pattern: &str) -> Vec<String> {
    let choice = pattern.match_indices('{').find(|(at, _)| !pattern[*at..].starts_with("{}"));
    let Some((open, _)) = choice else { return vec![pattern.to_owned()] };
    let Some(length) = pattern[open..].find('}') else { return vec![pattern.to_owned()] };
    let (before, after) = (&pattern[..open], &pattern[open + length + 1..]);
    pattern[open + 1..open + length]
        .split(',')
        .flat_map(|word| expand(&format!("{before}{}{after}", word.trim())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_every_combination_of_its_words() {
        assert_eq!(expand("a.{b,c}.d{}.{e,f}"), ["a.b.d{}.e", "a.b.d{}.f", "a.c.d{}.e", "a.c.d{}.f"]);
        assert_eq!(expand("a{}.b[]"), ["a{}.b[]"]);
    }

    #[test]
    fn what_lies_under_a_field_without_effect_has_none_and_what_lies_under_a_translated_one_is_not_classified() {
        const GROUPS: &[&[Group]] = &[&[Group {
            under: &[""],
            rules: &[
                Rule("a", Effect::WithoutEffect("no reason")),
                Rule("a.b[].kept", Effect::Translated),
                Rule("c", Effect::Translated),
            ],
        }]];
        let table = Table::new("", GROUPS);
        assert_eq!(table.effect("a.x[].y"), Some(Effect::WithoutEffect("no reason")));
        assert_eq!(table.effect("a.b[].kept"), Some(Effect::Translated));
        assert_eq!(table.effect("c"), Some(Effect::Translated));
        assert_eq!(table.effect("c.d"), None);
        assert!(table.contains_rules("a.b") && !table.contains_rules("c"));
    }
}
