//! Which requests take a route.

use serde_json::{Value, json};

use super::message::set;
use crate::kinds::{HeaderMatch, HttpMatch, StringMatch};

/// The condition as Envoy's; without one every request matches. What is about the caller has been decided before.
pub(crate) fn of(condition: Option<&HttpMatch>) -> Value {
    let Some(condition) = condition else { return json!({ "prefix": "/" }) };
    let mut written = match &condition.uri {
        None => json!({ "prefix": "/" }),
        Some(StringMatch::Exact(path)) => json!({ "path": path }),
        Some(StringMatch::Prefix(prefix)) => json!({ "prefix": prefix }),
        Some(StringMatch::Regex(regex)) => json!({ "safe_regex": { "regex": regex } }),
    };
    set(&mut written, "case_sensitive", !condition.ignore_uri_case);
    let mut headers = Vec::new();
    for (name, value) in &condition.headers {
        headers.push(header(name, value));
    }
    for (name, value) in &condition.without_headers {
        let mut matcher = header(name, value);
        set(&mut matcher, "invert_match", true);
        // A header that is not there does not look so, whatever was asked.
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
        set(&mut written, "headers", headers);
    }
    let parameters: Vec<Value> = condition.query_params.iter().map(|(name, value)| parameter(name, value)).collect();
    if !parameters.is_empty() {
        set(&mut written, "query_parameters", parameters);
    }
    written
}

/// The path's pattern as spans show it.
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

/// What is wanted of a value; nothing if it has only to be there.
fn wanted(value: &HeaderMatch) -> Option<&StringMatch> {
    match value {
        HeaderMatch::Present => None,
        HeaderMatch::Value(value) => Some(value),
    }
}

fn header(name: &str, value: &HeaderMatch) -> Value {
    match wanted(value) {
        None => json!({ "name": name, "present_match": true }),
        Some(value) => json!({ "name": name, "string_match": text(value) }),
    }
}

fn parameter(name: &str, value: &HeaderMatch) -> Value {
    match wanted(value) {
        None => json!({ "name": name, "present_match": true }),
        Some(value) => json!({ "name": name, "string_match": text(value) }),
    }
}
