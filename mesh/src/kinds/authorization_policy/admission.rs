//! Admission of AuthorizationPolicies.

use crate::{
    kinds::{AuthorizationPolicy, Condition, values::check_selector},
    manifest::{Checker, Object},
};

pub(super) fn check(policy: &Object<AuthorizationPolicy>, checker: &mut Checker) {
    check_selector(policy.spec.selector.as_ref(), checker);
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
                values(list, &format!("{at}.{name}"), checker);
            }
        }
        for (number, to) in rule.to.iter().enumerate() {
            let (at, operation) = (format!("{at}.to[{number}].operation"), &to.operation);
            // Port numbers are checked in `references`.
            for (name, list) in [
                ("hosts", &operation.hosts),
                ("notHosts", &operation.not_hosts),
                ("methods", &operation.methods),
                ("notMethods", &operation.not_methods),
                ("paths", &operation.paths),
                ("notPaths", &operation.not_paths),
            ] {
                values(list, &format!("{at}.{name}"), checker);
            }
        }
        for (number, when) in rule.when.iter().enumerate() {
            condition(when, &format!("{at}.when[{number}]"), checker);
        }
    }
}

fn values(list: &[String], field: &str, checker: &mut Checker) {
    for (index, _) in list.iter().enumerate().filter(|(_, value)| value.is_empty()) {
        checker.reject(&format!("{field}[{index}]"), "the value is empty", "write a value, or \"*\" for any");
    }
}

fn condition(when: &Condition, at: &str, checker: &mut Checker) {
    if when.key == "request.headers[]" {
        checker.reject(&format!("{at}.key"), "the header has no name", "write for example request.headers[x-user]");
    }
    for (name, list) in [("values", &when.values), ("notValues", &when.not_values)] {
        let field = format!("{at}.{name}");
        if when.key != "destination.port" {
            values(list, &field, checker);
            continue;
        }
        for (index, port) in list.iter().enumerate().filter(|(_, port)| !is_port(port)) {
            let field = format!("{field}[{index}]");
            checker.reject(&field, format!("invalid port {port:?}"), "write a number from 1 to 65535, in quotes");
        }
    }
}

/// True if a text is a port number. Unlike Rust, Istio accepts no sign.
pub(super) fn is_port(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit()) && text.parse().is_ok_and(|port: u16| port > 0)
}
