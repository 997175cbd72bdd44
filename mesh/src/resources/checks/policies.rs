//! AuthorizationPolicies: rules that Istio would refuse, or that never match because of a slip.

use super::super::{
    Object, Resources,
    model::{AuthorizationAction, AuthorizationPolicy, Operation, Source},
};
use crate::problem::Problem;

pub(super) fn check(set: &Resources, problems: &mut Vec<Problem>) {
    for policy in set.authorization_policies.values() {
        if policy.spec.action == AuthorizationAction::Deny && policy.spec.rules.is_empty() {
            problems.push(
                policy
                    .problem("spec.action", "a DENY policy without rules denies nothing")
                    .remedy("write rules: [{}] to deny everything, or an ALLOW policy without rules"),
            );
        }
        for (index, rule) in policy.spec.rules.iter().enumerate() {
            let at = format!("spec.rules[{index}]");
            for (number, from) in rule.from.iter().enumerate() {
                source(policy, &from.source, &format!("{at}.from[{number}].source"), problems);
            }
            for (number, to) in rule.to.iter().enumerate() {
                operation(policy, &to.operation, &format!("{at}.to[{number}].operation"), problems);
            }
            for (number, condition) in rule.when.iter().enumerate() {
                if condition.values.is_empty() && condition.not_values.is_empty() {
                    problems.push(
                        policy
                            .problem(&format!("{at}.when[{number}]"), "the condition has no value")
                            .remedy("write values or notValues"),
                    );
                }
            }
        }
    }
}

fn source(policy: &Object<AuthorizationPolicy>, source: &Source, at: &str, problems: &mut Vec<Problem>) {
    if *source == Source::default() {
        let problem = policy.problem(at, "the source is empty");
        problems.push(problem.remedy("write principals or namespaces, or leave `from` out to mean everybody"));
    }
    for (name, principals) in [("principals", &source.principals), ("notPrincipals", &source.not_principals)] {
        for (index, principal) in principals.iter().enumerate() {
            if let Some(rest) = principal.strip_prefix("spiffe://") {
                problems.push(
                    policy
                        .problem(&format!("{at}.{name}[{index}]"), "a principal is written without spiffe://")
                        .remedy(format!("write {rest}")),
                );
            }
        }
    }
}

fn operation(policy: &Object<AuthorizationPolicy>, operation: &Operation, at: &str, problems: &mut Vec<Problem>) {
    if *operation == Operation::default() {
        let problem = policy.problem(at, "the operation is empty");
        problems.push(problem.remedy("write hosts, ports, methods or paths, or leave `to` out to mean everything"));
    }
    for (name, ports) in [("ports", &operation.ports), ("notPorts", &operation.not_ports)] {
        for (index, port) in ports.iter().enumerate().filter(|(_, port)| !super::admission::is_port(port)) {
            problems.push(
                policy
                    .problem(&format!("{at}.{name}[{index}]"), format!("{port:?} is no port"))
                    .remedy("write a number from 1 to 65535, in quotes"),
            );
        }
    }
}
