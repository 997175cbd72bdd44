//! Admission of match conditions.

use super::regex;
use crate::{
    kinds::{HeaderMatch, HttpMatch, StringMatch},
    manifest::{Checker, field_key, label_names},
};

pub(super) fn check(condition: &HttpMatch, at: &str, checker: &mut Checker) {
    let HttpMatch { uri, scheme, method, authority, .. } = condition;
    // Only the path may have an empty prefix, which always matches.
    for (name, matcher, may_be_empty) in
        [("uri", uri, true), ("scheme", scheme, false), ("method", method, false), ("authority", authority, false)]
    {
        if let Some(matcher) = matcher {
            text(matcher, may_be_empty, &format!("{at}.{name}"), checker);
        }
    }
    for (name, matcher) in [("headers", &condition.headers), ("withoutHeaders", &condition.without_headers)] {
        for (header, matcher) in matcher {
            let field = field_key(&format!("{at}.{name}"), header);
            if header.starts_with("@request.auth.claims.") || header.starts_with("@request.auth.claims[") {
                let message = "the local mesh does not verify JSON Web Tokens, so a request has no claims";
                checker.reject(&field, message, "remove the condition, or try it on a cluster");
            } else if !label_names::is_header(header) {
                checker.reject(&field, format!("invalid header name {header:?}"), "write the header's name");
            }
            if !(name == "withoutHeaders" && matches!(matcher, HeaderMatch::Value(matcher) if matcher.is_any())) {
                value(matcher, &field, checker);
            }
        }
    }
    for (parameter, matcher) in &condition.query_params {
        value(matcher, &field_key(&format!("{at}.queryParams"), parameter), checker);
    }
    checker.check_labels(&format!("{at}.sourceLabels"), &condition.source_labels);
    if let Some(name) = condition.source_namespace.as_deref().filter(|name| !name.is_empty())
        && !label_names::is_domain_label(name)
    {
        checker.reject(
            &format!("{at}.sourceNamespace"),
            format!("invalid namespace name {name:?}"),
            "write letters, digits and `-`",
        );
    }
}

fn value(matcher: &HeaderMatch, field: &str, checker: &mut Checker) {
    if let HeaderMatch::Value(matcher) = matcher {
        text(matcher, false, field, checker);
    }
}

fn text(matcher: &StringMatch, may_be_empty: bool, field: &str, checker: &mut Checker) {
    match matcher {
        StringMatch::Prefix(text) if text.is_empty() && !may_be_empty => {
            checker.reject(&format!("{field}.prefix"), "the prefix is empty", "write a prefix");
        }
        StringMatch::Regex(text) if text.is_empty() => {
            checker.reject(
                &format!("{field}.regex"),
                "the regular expression is empty",
                "write for example `.*` for any text",
            );
        }
        StringMatch::Regex(text) => {
            if let Some(problem) = regex::problem_of(text) {
                checker.reject(&format!("{field}.regex"), problem, "use the syntax of RE2");
            }
        }
        StringMatch::Exact(_) | StringMatch::Prefix(_) => {}
    }
}
