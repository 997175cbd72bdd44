//! The table of keys.

use std::time::Duration;

use super::{
    error::ValueError,
    glob::Glob,
    modes::{About, ModeSpec},
    quantity::{Written, parse_duration},
    rule::{Rule, When},
    scope::{parse_header, parse_method, parse_path},
};

/// Maximum for a time to live or to wait: a year. A rule that lasts longer needs no such key.
const MAX_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The longest id, in bytes.
const MAX_ID: usize = 64;

/// What a key is called and does to a rule.
pub(crate) struct KeySpec {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// Which modes may have it.
    pub(crate) with: With,
    /// Whether it may stand several times in a rule.
    pub(crate) repeatable: bool,
    pub(crate) read: fn(&str, &mut Rule) -> Result<(), ValueError>,
}

/// Which modes allow a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    /// All.
    Anything,
    /// Those about requests.
    Requests,
    /// Those that cause delays.
    Delays,
    /// Those that may be about calls to upstreams.
    Calls,
}

impl KeySpec {
    /// Whether a rule of this mode may have the key.
    pub(crate) fn goes_with(&self, mode: &ModeSpec) -> bool {
        match self.with {
            With::Anything => true,
            With::Requests => mode.is_about_requests(),
            With::Delays => mode.causes_delays,
            With::Calls => mode.about == About::Requests { calls: true },
        }
    }
}

/// Every key there is.
pub(crate) const KEYS: &[KeySpec] = &[
    KeySpec {
        name: "path",
        summary: "only requests whose path matches: * is any sequence, also with slashes; ? is any character",
        with: With::Requests,
        repeatable: false,
        read: |text, rule| {
            rule.scope.path = Some(parse_path(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "method",
        summary: "only requests with this method",
        with: With::Requests,
        repeatable: false,
        read: |text, rule| {
            rule.scope.method = Some(parse_method(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "header",
        summary: "only requests with this header, NAME:VALUE, the value a pattern like a path; several must all match",
        with: With::Requests,
        repeatable: true,
        read: |text, rule| {
            rule.scope.headers.push(parse_header(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "upstream",
        summary: "applies to calls to this upstream (a pattern like a path) instead of the request",
        with: With::Calls,
        repeatable: false,
        read: |text, rule| {
            rule.scope.upstream = Some(Glob::new(text));
            Ok(())
        },
    },
    KeySpec {
        name: "seed",
        summary: "a whole number: the same requests in the same order get the same draws",
        with: With::Requests,
        repeatable: false,
        read: |text, rule| {
            rule.seed = Some(text.parse().map_err(|_| {
                let help = "a seed is a whole number from 0 to 18446744073709551615, as in seed=7";
                ValueError::new(0..text.len(), format!("`{text}` is not a valid seed"), help)
            })?);
            Ok(())
        },
    },
    KeySpec {
        name: "at",
        summary: "before or after: whether a delay comes before the work and the calls to upstreams (the default) or \
                  after; write two rules for both",
        with: With::Delays,
        repeatable: false,
        read: |text, rule| {
            rule.at = parse_side(text)?;
            Ok(())
        },
    },
    KeySpec {
        name: "instance",
        summary: "only in processes whose instance name (the pod's) matches, a pattern like a path",
        with: With::Anything,
        repeatable: false,
        read: |text, rule| {
            rule.instance = Some(Glob::new(text));
            Ok(())
        },
    },
    KeySpec {
        name: "times",
        summary: "maximum number of times that the rule fires; then it stays in the list without effect",
        with: With::Requests,
        repeatable: false,
        read: |text, rule| {
            rule.times = Some(parse_times(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "after",
        summary: "time from the start of the rule until it takes effect, as in 30s; with ttl, which counts from the \
                  same moment, a window",
        with: With::Anything,
        repeatable: false,
        read: |text, rule| {
            rule.after = Some(parse_time(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "ttl",
        summary: "time to live, as in 60s; then the rule removes itself",
        with: With::Anything,
        repeatable: false,
        read: |text, rule| {
            rule.ttl = Some(parse_time(text)?);
            Ok(())
        },
    },
    KeySpec {
        name: "id",
        summary: "name of the rule in headers, metrics and /faults; r1, r2, ... without one",
        with: With::Anything,
        repeatable: false,
        read: |text, rule| {
            rule.id = Some(parse_id(text)?);
            Ok(())
        },
    },
];

fn parse_time(text: &str) -> Result<Duration, ValueError> {
    let time = parse_duration(text)?;
    if time.is_zero() || time > MAX_TIME {
        let message = format!("a time of {} is out of range", Written(time));
        let help = format!("it is more than nothing and at most {}", Written(MAX_TIME));
        return Err(ValueError::new(0..text.len(), message, help));
    }
    Ok(time)
}

fn parse_side(text: &str) -> Result<When, ValueError> {
    match text {
        "before" => Ok(When::Before),
        "after" => Ok(When::After),
        _ => {
            let help = "write at=before or at=after; for a delay on both sides, write two rules";
            Err(ValueError::new(0..text.len(), format!("`{text}` is not a valid side of the work"), help))
        }
    }
}

fn parse_times(text: &str) -> Result<u64, ValueError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|times| digits && *times > 0).ok_or_else(|| {
        let message = format!("`{text}` is not a valid number of times");
        ValueError::new(0..text.len(), message, "write a whole number from 1 on, as in times=3")
    })
}

/// An id appears in response headers and metric labels, so it has only the characters of a token.
fn parse_id(text: &str) -> Result<String, ValueError> {
    let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let wrong = text.char_indices().find(|&(at, c)| if at == 0 { !c.is_ascii_alphabetic() } else { !ordinary(c) });
    let at = match wrong {
        Some((at, c)) => at..at + c.len_utf8(),
        None if text.is_empty() || text.len() > MAX_ID => 0..text.len(),
        None => return Ok(text.to_owned()),
    };
    let help = format!("an id is a letter and then letters, digits, `-`, `_` or `.`, at most {MAX_ID} in all");
    Err(ValueError::new(at, "this cannot be an id", help))
}
