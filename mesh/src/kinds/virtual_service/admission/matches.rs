//! The conditions of a route.

use super::regex;
use crate::{
    kinds::{HeaderMatch, HttpMatch, StringMatch},
    manifest::{Checker, field_key, label_names},
};

pub(super) fn check(condition: &HttpMatch, at: &str, checker: &mut Checker) {
    let HttpMatch { uri, scheme, method, authority, .. } = condition;
    // Only of the path may the empty beginning be asked for, which all have.
    for (name, wanted, may_be_empty) in
        [("uri", uri, true), ("scheme", scheme, false), ("method", method, false), ("authority", authority, false)]
    {
        if let Some(wanted) = wanted {
            text(wanted, may_be_empty, &format!("{at}.{name}"), checker);
        }
    }
    for (name, wanted) in [("headers", &condition.headers), ("withoutHeaders", &condition.without_headers)] {
        for (header, wanted) in wanted {
            let field = field_key(&format!("{at}.{name}"), header);
            if !label_names::is_header(header) {
                checker.reject(&field, format!("{header:?} is no name of a header"), "write the header's name");
            }
            value(wanted, &field, checker);
        }
    }
    for (parameter, wanted) in &condition.query_params {
        value(wanted, &field_key(&format!("{at}.queryParams"), parameter), checker);
    }
    checker.labels(&format!("{at}.sourceLabels"), &condition.source_labels);
    if let Some(name) = condition.source_namespace.as_deref().filter(|name| !name.is_empty())
        && !label_names::is_domain_label(name)
    {
        checker.reject(
            &format!("{at}.sourceNamespace"),
            format!("{name:?} is no name of a Namespace"),
            "write letters, digits and `-`",
        );
    }
}

fn value(wanted: &HeaderMatch, field: &str, checker: &mut Checker) {
    if let HeaderMatch::Value(wanted) = wanted {
        text(wanted, false, field, checker);
    }
}

fn text(wanted: &StringMatch, may_be_empty: bool, field: &str, checker: &mut Checker) {
    match wanted {
        StringMatch::Prefix(text) if text.is_empty() && !may_be_empty => {
            checker.reject(&format!("{field}.prefix"), "the prefix is empty", "write how the text has to begin");
        }
        StringMatch::Regex(text) if text.is_empty() => {
            checker.reject(
                &format!("{field}.regex"),
                "the regular expression is empty",
                "write one, as `.*` for any text",
            );
        }
        StringMatch::Regex(text) => {
            if let Some(fault) = regex::fault_of(text) {
                checker.reject(&format!("{field}.regex"), fault, "write a regular expression of RE2");
            }
        }
        StringMatch::Exact(_) | StringMatch::Prefix(_) => {}
    }
}
