//! References of DestinationRules.

use std::collections::{BTreeMap, BTreeSet};

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{
        DestinationRule, Resources,
        references::{known, services},
    },
    manifest::{Object, hosts},
};

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    let services = services(set);
    // Rules in different namespaces do not conflict: the caller's namespace precedes the service's.
    let mut seen: BTreeMap<(String, &str), String> = BTreeMap::new();
    for rule in set.destination_rules.values() {
        let host = hosts::full(&rule.spec.host, &rule.key.namespace);
        if let Some(other) = seen.insert((host.clone(), &rule.key.namespace), rule.identity()) {
            diagnostics.push(
                rule.diagnostic("spec.host", format!("{other} has the host {host} too"))
                    .help("merge them; Istio would merge them by age"),
            );
        }
        if !services.keys().any(|service| hosts::matches(&host, service)) {
            diagnostics.push(
                rule.diagnostic("spec.host", format!("Service {host} does not exist"))
                    .help(format!("existing: {}", known(services.keys().map(String::as_str)))),
            );
        }
        subsets(rule, diagnostics);
    }
}

fn subsets(rule: &Object<DestinationRule>, diagnostics: &mut Vec<Diagnostic>) {
    let mut names = BTreeSet::new();
    for (index, subset) in rule.spec.subsets.iter().enumerate() {
        if !names.insert(&subset.name) {
            diagnostics.push(
                rule.diagnostic(&format!("spec.subsets[{index}].name"), format!("duplicate subset {}", subset.name))
                    .help("use different names"),
            );
        }
    }
}
