//! The table of keys.

use std::time::Duration;

use super::{
    modes::ModeSpec,
    problem::Complaint,
    quantity::{Written, parse_duration},
    rule::Rule,
    scope::{parse_header, parse_method, parse_path},
};

/// The longest time to live: a year. What shall last longer needs none.
const MAX_TTL: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The longest id, in bytes.
const MAX_ID: usize = 64;

/// What a key is called and does to a rule.
pub(super) struct KeySpec {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    /// Whether it is about requests, and so means nothing for a mode of the whole process.
    pub(super) per_request: bool,
    /// Whether it may stand several times in a rule.
    pub(super) repeatable: bool,
    pub(super) read: fn(&str, &mut Rule) -> Result<(), Complaint>,
}

impl KeySpec {
    /// Whether a rule of this mode may have the key.
    pub(super) fn goes_with(&self, mode: &ModeSpec) -> bool {
        !self.per_request || mode.is_about_requests()
    }
}

/// Every key there is.
pub(super) const KEYS: &[KeySpec] = &[
    KeySpec {
        name: "path",
        summary: "only requests whose path matches: * is any sequence, also with slashes; ? is any character",
        per_request: true,
        repeatable: false,
        read: |text, rule| {
            rule.scope.path = Some(parse_path(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "method",
        summary: "only requests with this method",
        per_request: true,
        repeatable: false,
        read: |text, rule| {
            rule.scope.method = Some(parse_method(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "header",
        summary: "only requests with this header, NAME:VALUE, the value a pattern like a path; several must all match",
        per_request: true,
        repeatable: true,
        read: |text, rule| {
            rule.scope.headers.push(parse_header(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "seed",
        summary: "a whole number: the same requests in the same order get the same draws",
        per_request: true,
        repeatable: false,
        read: |text, rule| {
            rule.seed = Some(text.parse().map_err(|_| {
                let remedy = "a seed is a whole number from 0 to 18446744073709551615, as in seed=7";
                Complaint::new(0..text.len(), format!("`{text}` is no seed"), remedy)
            })?);
            Ok(())
        },
    },
    KeySpec {
        name: "ttl",
        summary: "the rule's time to live, as in 60s; then it goes by itself",
        per_request: false,
        repeatable: false,
        read: |text, rule| {
            rule.ttl = Some(parse_ttl(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "id",
        summary: "the rule's name in headers, metrics and /faults; without one it is called r1, r2, ...",
        per_request: false,
        repeatable: false,
        read: |text, rule| {
            rule.id = Some(parse_id(text)?);
            Ok(())
        },
    },
];

fn parse_ttl(text: &str) -> Result<Duration, Complaint> {
    let ttl = parse_duration(text)?;
    if ttl.is_zero() || ttl > MAX_TTL {
        let message = format!("a time to live of {} is out of range", Written(ttl));
        let remedy = format!("it is more than nothing and at most {}", Written(MAX_TTL));
        return Err(Complaint::new(0..text.len(), message, remedy));
    }
    Ok(ttl)
}

/// An id stands in response headers and metric labels, so it is kept to the characters of a token there.
fn parse_id(text: &str) -> Result<String, Complaint> {
    let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let wrong = text.char_indices().find(|&(at, c)| if at == 0 { !c.is_ascii_alphabetic() } else { !ordinary(c) });
    let at = match wrong {
        Some((at, c)) => at..at + c.len_utf8(),
        None if text.is_empty() || text.len() > MAX_ID => 0..text.len(),
        None => return Ok(text.to_owned()),
    };
    let remedy = format!("an id is a letter and then letters, digits, `-`, `_` or `.`, at most {MAX_ID} in all");
    Err(Complaint::new(at, "this cannot be an id", remedy))
}
