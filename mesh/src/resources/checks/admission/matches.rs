//! The conditions of a route.

use super::{
    super::super::model::{HeaderMatch, HttpMatch, StringMatch},
    Judge, key, names, regex,
};

pub(super) fn judge(condition: &HttpMatch, at: &str, judge: &mut Judge) {
    let HttpMatch { uri, scheme, method, authority, .. } = condition;
    // Only of the path may the empty beginning be asked for, which all have.
    for (name, wanted, may_be_empty) in
        [("uri", uri, true), ("scheme", scheme, false), ("method", method, false), ("authority", authority, false)]
    {
        if let Some(wanted) = wanted {
            text(wanted, may_be_empty, &format!("{at}.{name}"), judge);
        }
    }
    for (name, wanted) in [("headers", &condition.headers), ("withoutHeaders", &condition.without_headers)] {
        for (header, wanted) in wanted {
            let field = key(&format!("{at}.{name}"), header);
            if !names::is_header(header) {
                judge.refuse(&field, format!("{header:?} is no name of a header"), "write the header's name");
            }
            value(wanted, &field, judge);
        }
    }
    for (parameter, wanted) in &condition.query_params {
        value(wanted, &key(&format!("{at}.queryParams"), parameter), judge);
    }
    judge.labels(&format!("{at}.sourceLabels"), &condition.source_labels);
    if let Some(name) = condition.source_namespace.as_deref().filter(|name| !name.is_empty())
        && !names::is_domain_label(name)
    {
        judge.refuse(
            &format!("{at}.sourceNamespace"),
            format!("{name:?} is no name of a Namespace"),
            "write letters, digits and `-`",
        );
    }
}

fn value(wanted: &HeaderMatch, field: &str, judge: &mut Judge) {
    if let HeaderMatch::Value(wanted) = wanted {
        text(wanted, false, field, judge);
    }
}

fn text(wanted: &StringMatch, may_be_empty: bool, field: &str, judge: &mut Judge) {
    match wanted {
        StringMatch::Prefix(text) if text.is_empty() && !may_be_empty => {
            judge.refuse(&format!("{field}.prefix"), "the prefix is empty", "write how the text has to begin");
        }
        StringMatch::Regex(text) if text.is_empty() => {
            judge.refuse(
                &format!("{field}.regex"),
                "the regular expression is empty",
                "write one, as `.*` for any text",
            );
        }
        StringMatch::Regex(text) => {
            if let Some(fault) = regex::fault_of(text) {
                judge.refuse(&format!("{field}.regex"), fault, "write a regular expression of RE2");
            }
        }
        StringMatch::Exact(_) | StringMatch::Prefix(_) => {}
    }
}
