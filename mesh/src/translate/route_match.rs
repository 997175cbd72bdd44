//! Match conditions of routes.

use serde_json::{Value, json};

use super::message::set;
use crate::kinds::{HeaderMatch, HttpMatch, StringMatch};

/// Translates a condition; without one every request matches. Conditions on the caller are evaluated by
/// [`super::routes`].
pub(crate) fn of(condition: Option<&HttpMatch>) -> Value {
    let Some(condition) = condition else { return json!({ "prefix": "/" }) };
    let mut route_match = match &condition.uri {
        None => json!({ "prefix": "/" }),
        Some(StringMatch::Exact(path)) => json!({ "path": path }),
        Some(StringMatch::Prefix(prefix)) => json!({ "prefix": prefix }),
        Some(StringMatch::Regex(regex)) => json!({ "safe_regex": { "regex": regex } }),
    };
    set(&mut route_match, "case_sensitive", !condition.ignore_uri_case);
    let mut headers = Vec::new();
    for (name, value) in &condition.headers {
        headers.push(value_matcher(name, value));
    }
    for (name, value) in &condition.without_headers {
        let mut matcher = value_matcher(name, value);
        set(&mut matcher, "invert_match", true);
        // A missing header does not match, so the inverted match succeeds.
        if matcher.get("present_match").is_none() {
            set(&mut matcher, "treat_missing_header_as_empty", true);
        }
        headers.push(matcher);
    }
    for (name, value) in
        [(":method", &condition.method), (":authority", &condition.authority), (":scheme", &condition.scheme)]
    {
        if let Some(value) = value {
            headers.push(json!({ "name": name, "string_match": text(value) }));
        }
    }
    if !headers.is_empty() {
        set(&mut route_match, "headers", headers);
    }
    let parameters: Vec<Value> =
        condition.query_params.iter().map(|(name, value)| value_matcher(name, value)).collect();
    if !parameters.is_empty() {
        set(&mut route_match, "query_parameters", parameters);
    }
    route_match
}

/// Pattern of the path, for the names of spans.
pub(crate) fn path_pattern(condition: Option<&HttpMatch>) -> String {
    match condition.and_then(|condition| condition.uri.as_ref()) {
        None => "/*".to_owned(),
        Some(StringMatch::Prefix(prefix)) => format!("{prefix}*"),
        Some(StringMatch::Exact(path)) => path.clone(),
        Some(StringMatch::Regex(regex)) => regex.clone(),
    }
}

fn text(value: &StringMatch) -> Value {
    match value {
        StringMatch::Exact(exact) => json!({ "exact": exact }),
        StringMatch::Prefix(prefix) => json!({ "prefix": prefix }),
        StringMatch::Regex(regex) => json!({ "safe_regex": { "regex": regex } }),
    }
}

/// Matcher of a value, or `None` if only presence is required.
fn string_matcher(value: &HeaderMatch) -> Option<&StringMatch> {
    match value {
        HeaderMatch::Present => None,
        HeaderMatch::Value(value) => Some(value),
    }
}

fn value_matcher(name: &str, value: &HeaderMatch) -> Value {
    match string_matcher(value).filter(|value| !value.is_any()) {
        None => json!({ "name": name, "present_match": true }),
        Some(value) => json!({ "name": name, "string_match": text(value) }),
    }
}
