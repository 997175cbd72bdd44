//! AuthorizationPolicies: values that nothing could have.

use super::{
    super::super::{
        Object,
        model::{AuthorizationPolicy, Condition, WorkloadSelector},
    },
    Judge, key,
};

pub(super) fn judge(policy: &Object<AuthorizationPolicy>, judge: &mut Judge) {
    selector(policy.spec.selector.as_ref(), judge);
    for (index, rule) in policy.spec.rules.iter().enumerate() {
        let at = format!("spec.rules[{index}]");
        for (number, from) in rule.from.iter().enumerate() {
            let (at, source) = (format!("{at}.from[{number}].source"), &from.source);
            for (name, list) in [
                ("principals", &source.principals),
                ("notPrincipals", &source.not_principals),
                ("namespaces", &source.namespaces),
                ("notNamespaces", &source.not_namespaces),
            ] {
                values(list, &format!("{at}.{name}"), judge);
            }
        }
        for (number, to) in rule.to.iter().enumerate() {
            let (at, operation) = (format!("{at}.to[{number}].operation"), &to.operation);
            // Ports are judged as numbers elsewhere.
            for (name, list) in [
                ("hosts", &operation.hosts),
                ("notHosts", &operation.not_hosts),
                ("methods", &operation.methods),
                ("notMethods", &operation.not_methods),
                ("paths", &operation.paths),
                ("notPaths", &operation.not_paths),
            ] {
                values(list, &format!("{at}.{name}"), judge);
            }
        }
        for (number, when) in rule.when.iter().enumerate() {
            condition(when, &format!("{at}.when[{number}]"), judge);
        }
    }
}

fn values(list: &[String], field: &str, judge: &mut Judge) {
    for (index, _) in list.iter().enumerate().filter(|(_, value)| value.is_empty()) {
        judge.refuse(&format!("{field}[{index}]"), "the value is empty", "write one, or \"*\" for any that is there");
    }
}

fn condition(when: &Condition, at: &str, judge: &mut Judge) {
    if when.key == "request.headers[]" {
        judge.refuse(&format!("{at}.key"), "the header has no name", "write it, as request.headers[x-user]");
    }
    for (name, list) in [("values", &when.values), ("notValues", &when.not_values)] {
        let field = format!("{at}.{name}");
        if when.key != "destination.port" {
            values(list, &field, judge);
            continue;
        }
        for (index, port) in list.iter().enumerate().filter(|(_, port)| !is_port(port)) {
            let field = format!("{field}[{index}]");
            judge.refuse(&field, format!("{port:?} is no port"), "write a number from 1 to 65535, in quotes");
        }
    }
}

/// Whether a text is a port's number; other than Rust, Istio takes no sign before it.
pub(in super::super) fn is_port(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit()) && text.parse().is_ok_and(|port: u16| port > 0)
}

/// Labels of pods, which may not be left open.
pub(super) fn selector(selector: Option<&WorkloadSelector>, judge: &mut Judge) {
    for (name, value) in selector.into_iter().flat_map(|selector| &selector.match_labels) {
        let field = key("spec.selector.matchLabels", name);
        if name.is_empty() {
            judge.refuse(&field, "the label has no name", "write it");
        } else if name.contains('*') || value.contains('*') {
            judge.refuse(&field, "a selector has no wildcards", "write the label as the pods have it");
        }
    }
}
