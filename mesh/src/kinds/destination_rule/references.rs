//! DestinationRules.

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
    // Of rules in different namespaces, the caller's goes first, and then the service's: nothing depends on age there.
    let mut seen: BTreeMap<(String, &str), String> = BTreeMap::new();
    for rule in set.destination_rules.values() {
        let host = hosts::full(&rule.spec.host, &rule.key.namespace);
        if let Some(other) = seen.insert((host.clone(), &rule.key.namespace), rule.identity()) {
            diagnostics.push(
                rule.diagnostic("spec.host", format!("{other} is for the host {host} too"))
                    .help("put what both say into one of them: Istio would merge them by age"),
            );
        }
        if !services.keys().any(|service| hosts::matches(&host, service)) {
            diagnostics.push(
                rule.diagnostic("spec.host", format!("there is no Service {host}"))
                    .help(format!("name one that is there: {}", known(services.keys().map(String::as_str)))),
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
                rule.diagnostic(
                    &format!("spec.subsets[{index}].name"),
                    format!("the subset {} stands here twice", subset.name),
                )
                .help("give every subset a name of its own"),
            );
        }
    }
}
