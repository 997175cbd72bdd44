//! Rejects rules that Istio rejects, or that can never match.

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{AuthorizationAction, AuthorizationPolicy, Operation, Resources, Source},
    manifest::Object,
};

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    for policy in set.authorization_policies.values() {
        if policy.spec.action == AuthorizationAction::Deny && policy.spec.rules.is_empty() {
            diagnostics.push(
                policy
                    .diagnostic("spec.action", "a DENY policy without rules denies nothing")
                    .help("write rules: [{}] to deny everything, or an ALLOW policy without rules"),
            );
        }
        for (index, rule) in policy.spec.rules.iter().enumerate() {
            let at = format!("spec.rules[{index}]");
            for (number, from) in rule.from.iter().enumerate() {
                source(policy, &from.source, &format!("{at}.from[{number}].source"), diagnostics);
            }
            for (number, to) in rule.to.iter().enumerate() {
                operation(policy, &to.operation, &format!("{at}.to[{number}].operation"), diagnostics);
            }
            for (number, condition) in rule.when.iter().enumerate() {
                if condition.values.is_empty() && condition.not_values.is_empty() {
                    diagnostics.push(
                        policy
                            .diagnostic(&format!("{at}.when[{number}]"), "the condition has no value")
                            .help("write values or notValues"),
                    );
                }
            }
        }
    }
}

fn source(policy: &Object<AuthorizationPolicy>, source: &Source, at: &str, diagnostics: &mut Vec<Diagnostic>) {
    if *source == Source::default() {
        let diagnostic = policy.diagnostic(at, "the source is empty");
        diagnostics.push(diagnostic.help("write principals or namespaces, or remove `from` to match all callers"));
    }
    for (name, principals) in [("principals", &source.principals), ("notPrincipals", &source.not_principals)] {
        for (index, principal) in principals.iter().enumerate() {
            if let Some(rest) = principal.strip_prefix("spiffe://") {
                diagnostics.push(
                    policy
                        .diagnostic(&format!("{at}.{name}[{index}]"), "a principal is written without spiffe://")
                        .help(format!("write {rest}")),
                );
            }
        }
    }
}

fn operation(policy: &Object<AuthorizationPolicy>, operation: &Operation, at: &str, diagnostics: &mut Vec<Diagnostic>) {
    if *operation == Operation::default() {
        let diagnostic = policy.diagnostic(at, "the operation is empty");
        diagnostics.push(diagnostic.help("write hosts, ports, methods or paths, or remove `to` to match all requests"));
    }
    for (name, ports) in [("ports", &operation.ports), ("notPorts", &operation.not_ports)] {
        for (index, port) in ports.iter().enumerate().filter(|(_, port)| !super::admission::is_port(port)) {
            diagnostics.push(
                policy
                    .diagnostic(&format!("{at}.{name}[{index}]"), format!("invalid port {port:?}"))
                    .help("write a number from 1 to 65535, in quotes"),
            );
        }
    }
}
