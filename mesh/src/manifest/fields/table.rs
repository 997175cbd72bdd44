//! Table with the effect of each field of a kind.

use std::collections::BTreeMap;

use super::schema::Schema;

/// Effect of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes the configuration of a proxy or a process. Does not cover fields below.
    Translated,
    /// Translated if it has one of these values. For other values there is a help text.
    TranslatedIf(&'static [&'static str], &'static str),
    /// Has no effect on one machine, for this reason. Covers all fields below.
    WithoutEffect(&'static str),
    /// Accepted only with one of these values, which describe the local mesh anyway. For other values there is a help
    /// text.
    Only(&'static [&'static str], &'static str),
    /// Rejected with a help text. Covers all fields below.
    Rejected(&'static str),
}

/// Effect of all fields that match a pattern. A pattern is a path with `[]` for elements of a list and `{}` for values
/// of a map. `{a,b}` matches both names.
pub(crate) struct FieldRule(pub(crate) &'static str, pub(crate) Effect);

/// Rules for a structure that occurs at several paths.
pub(crate) struct Group {
    /// Paths of the structure; an empty path is the root.
    pub(crate) under: &'static [&'static str],
    /// Rules with patterns relative to the paths.
    pub(crate) rules: &'static [FieldRule],
}

/// Effects of all fields of a kind.
#[derive(Debug)]
pub struct Table {
    /// Published schema of the kind.
    pub schema: Schema,
    rules: BTreeMap<String, Effect>,
}

impl Table {
    pub(crate) fn new(schema: &str, groups: &[&[Group]]) -> Self {
        let mut rules = BTreeMap::new();
        for group in groups.iter().copied().flatten() {
            for FieldRule(pattern, effect) in group.rules {
                for under in group.under {
                    let dot = if under.is_empty() { "" } else { "." };
                    rules.extend(expand(&format!("{under}{dot}{pattern}")).into_iter().map(|path| (path, *effect)));
                }
            }
        }
        Self { schema: Schema::parse(schema), rules }
    }

    /// Effect of a field, by its own rule or by that of the nearest ancestor that covers it.
    pub fn effect(&self, path: &str) -> Option<Effect> {
        if let Some(effect) = self.rules.get(path) {
            return Some(*effect);
        }
        ancestors(path)
            .find_map(|above| self.rules.get(above))
            .copied()
            .filter(|effect| matches!(effect, Effect::WithoutEffect(_) | Effect::Rejected(_) | Effect::Only(..)))
    }

    /// True if fields below have rules.
    pub fn contains_rules(&self, path: &str) -> bool {
        self.below(path).next().is_some()
    }

    /// True if a field below is translated.
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

    /// All rules, by path.
    pub fn rules(&self) -> impl Iterator<Item = (&str, Effect)> {
        self.rules.iter().map(|(path, effect)| (path.as_str(), *effect))
    }
}

/// Ancestors of a path, nearest first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| parent(path)).skip(1)
}

/// Parent of `a.b`, `a[]` or `a{}`.
pub(super) fn parent(path: &str) -> Option<&str> {
    let short = path.strip_suffix("[]").or_else(|| path.strip_suffix("{}"));
    short.or_else(|| path.rsplit_once('.').map(|(above, _)| above))
}

/// Expands the alternatives `{a,b}` of a pattern.
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
    fn expands_every_combination_of_alternatives() {
        assert_eq!(expand("a.{b,c}.d{}.{e,f}"), ["a.b.d{}.e", "a.b.d{}.f", "a.c.d{}.e", "a.c.d{}.f"]);
        assert_eq!(expand("a{}.b[]"), ["a{}.b[]"]);
    }

    #[test]
    fn fields_without_effect_cover_fields_below_and_translated_ones_do_not() {
        const GROUPS: &[&[Group]] = &[&[Group {
            under: &[""],
            rules: &[
                FieldRule("a", Effect::WithoutEffect("no reason")),
                FieldRule("a.b[].kept", Effect::Translated),
                FieldRule("c", Effect::Translated),
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
