//! Collects what the API server of a cluster with Istio 1.31 rejects in one resource by itself: by the schemas of its
//! kinds, and by Istio's webhook. `tests/conformance/admission` holds cases by which both can be asked again.

use std::collections::BTreeMap;

use meshwalk_yaml::{Diagnostic, FieldPath, Node};

use super::{Object, label_names};

/// Makes a diagnostic of a field, with the location of the field.
type NewProblem<'a> = dyn Fn(&str, String) -> Diagnostic + 'a;

/// Collects what an API server rejects in one resource.
pub(crate) struct Checker<'a> {
    diagnostic: Box<NewProblem<'a>>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new<S>(object: &'a Object<S>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { diagnostic: Box::new(|field, message| object.diagnostic(field, message)), diagnostics }
    }

    /// What is wrong with a field, and what would be right.
    pub(crate) fn reject(&mut self, field: &str, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = (self.diagnostic)(field, message.into()).help(help);
        self.diagnostics.push(diagnostic);
    }

    /// Refuses a number that is not in a range, whose ends are in it.
    pub(crate) fn within(&mut self, field: &str, number: Option<u32>, least: u32, most: u32) {
        if let Some(number) = number.filter(|number| !(least..=most).contains(number)) {
            self.reject(field, format!("{number} is out of range"), format!("write a number from {least} to {most}"));
        }
    }

    /// Refuses a number that Istio, which keeps it in 32 bits with a sign, cannot read.
    pub(crate) fn counts(&mut self, field: &str, number: Option<u32>) {
        self.within(field, number, 0, i32::MAX.unsigned_abs());
    }

    /// Refuses namespaces that stand twice in what a resource is exported to.
    pub(crate) fn exports<S>(&mut self, object: &Object<S>) {
        let exported = object.source.find(&FieldPath::parse("spec.exportTo")).map_or(&[][..], Node::elements);
        for (index, node) in exported.iter().enumerate() {
            if exported[..index].iter().any(|other| other.content == node.content) {
                self.reject(&format!("spec.exportTo[{index}]"), "it stands here twice", "keep one of them");
            }
        }
    }

    /// Refuses labels that no pod could have.
    pub(crate) fn labels(&mut self, field: &str, labels: &BTreeMap<String, String>) {
        for (name, value) in labels {
            let field = field_key(field, name);
            if !label_names::is_label(name) {
                let help = "write letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit; \
                              before it there may be a domain and `/`";
                self.reject(&field, format!("{name:?} is no name of a label"), help);
            }
            if !label_names::is_label_value(value) {
                let help = "write letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit";
                self.reject(&field, format!("{value:?} is no value of a label"), help);
            }
        }
    }
}

/// The field of a map under a key of any form.
pub(crate) fn field_key(field: &str, name: &str) -> String {
    FieldPath::parse(field).key(name).to_string()
}
