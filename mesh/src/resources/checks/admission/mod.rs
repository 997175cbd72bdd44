//! What the API server of a cluster with Istio 1.31 refuses in one resource by itself: by the schemas of its kinds, and
//! by Istio's webhook, which sees every resource before it is stored. What is refused there must not be taken here.
//!
//! What both of them do with each rule stands in `tests/conformance/admission`, by which they can be asked again.

mod authorization;
mod gateways;
mod headers;
mod load_balancing;
mod matches;
mod names;
mod peer_authentication;
mod regex;
mod retries;
mod routes;
mod traffic;
mod traffic_policies;

use std::collections::BTreeMap;

use super::super::{Object, Resources, Spec};
use meshwalk_yaml::{Diagnostic, FieldPath, Node};

pub(super) use authorization::is_port;

/// Everything of a set that an API server would not have let in.
pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    set.gateways.values().for_each(|gateway| gateways::judge(gateway, &mut Judge::of(gateway, diagnostics)));
    set.destination_rules.values().for_each(|rule| traffic_policies::judge(rule, &mut Judge::of(rule, diagnostics)));
    set.virtual_services.values().for_each(|service| routes::judge(service, &mut Judge::of(service, diagnostics)));
    for policy in set.peer_authentications.values() {
        peer_authentication::judge(policy, &mut Judge::of(policy, diagnostics));
    }
    for policy in set.authorization_policies.values() {
        authorization::judge(policy, &mut Judge::of(policy, diagnostics));
    }
}

/// Makes a problem of a field, where it stands.
type NewProblem<'a> = dyn Fn(&str, String) -> Diagnostic + 'a;

/// Notes what is wrong with one resource.
struct Judge<'a> {
    diagnostic: Box<NewProblem<'a>>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Judge<'a> {
    fn of<S: Spec>(object: &'a Object<S>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { diagnostic: Box::new(|field, message| object.diagnostic(field, message)), diagnostics }
    }

    /// What is wrong with a field, and what would be right.
    fn refuse(&mut self, field: &str, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = (self.diagnostic)(field, message.into()).help(help);
        self.diagnostics.push(diagnostic);
    }

    /// Refuses a number that is not in a range, whose ends are in it.
    fn within(&mut self, field: &str, number: Option<u32>, least: u32, most: u32) {
        if let Some(number) = number.filter(|number| !(least..=most).contains(number)) {
            self.refuse(field, format!("{number} is out of range"), format!("write a number from {least} to {most}"));
        }
    }

    /// Refuses a number that Istio, which keeps it in 32 bits with a sign, cannot read.
    fn counts(&mut self, field: &str, number: Option<u32>) {
        self.within(field, number, 0, i32::MAX.unsigned_abs());
    }

    /// Refuses namespaces that stand twice in what a resource is exported to.
    fn exports<S>(&mut self, object: &Object<S>) {
        let exported = object.source.find(&FieldPath::parse("spec.exportTo")).map_or(&[][..], Node::elements);
        for (index, node) in exported.iter().enumerate() {
            if exported[..index].iter().any(|other| other.content == node.content) {
                self.refuse(&format!("spec.exportTo[{index}]"), "it stands here twice", "keep one of them");
            }
        }
    }

    /// Refuses labels that no pod could have.
    fn labels(&mut self, field: &str, labels: &BTreeMap<String, String>) {
        for (name, value) in labels {
            let field = key(field, name);
            if !names::is_label(name) {
                let help = "write letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit; \
                              before it there may be a domain and `/`";
                self.refuse(&field, format!("{name:?} is no name of a label"), help);
            }
            if !names::is_label_value(value) {
                let help = "write letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit";
                self.refuse(&field, format!("{value:?} is no value of a label"), help);
            }
        }
    }
}

/// The field of a map under a key of any form.
fn key(field: &str, name: &str) -> String {
    FieldPath::parse(field).key(name).to_string()
}
