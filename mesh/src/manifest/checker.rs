//! Collects what the API server of a cluster with Istio 1.31 rejects in one resource, by the schema of its kind and by
//! Istio's webhook. `tests/conformance/admission` compares both.

use std::collections::BTreeMap;

use meshwalk_yaml::{Diagnostic, FieldPath, Node};

use super::{Object, label_names};

/// Creates a diagnostic of a field, with its location.
type NewDiagnostic<'a> = dyn Fn(&str, String) -> Diagnostic + 'a;

/// Collects what an API server rejects in one resource.
pub(crate) struct Checker<'a> {
    diagnostic: Box<NewDiagnostic<'a>>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new<S>(object: &'a Object<S>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { diagnostic: Box::new(|field, message| object.diagnostic(field, message)), diagnostics }
    }

    /// Adds a problem of a field, with help.
    pub(crate) fn reject(&mut self, field: &str, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = (self.diagnostic)(field, message.into()).help(help);
        self.diagnostics.push(diagnostic);
    }

    /// Rejects a number outside of `least..=most`.
    pub(crate) fn check_range(&mut self, field: &str, number: Option<u32>, least: u32, most: u32) {
        if let Some(number) = number.filter(|number| !(least..=most).contains(number)) {
            self.reject(field, format!("{number} is out of range"), format!("write a number from {least} to {most}"));
        }
    }

    /// Rejects a number that exceeds Istio's signed 32 bits.
    pub(crate) fn check_int32(&mut self, field: &str, number: Option<u32>) {
        self.check_range(field, number, 0, i32::MAX.unsigned_abs());
    }

    /// Rejects duplicate namespaces in `exportTo`.
    pub(crate) fn check_exports<S>(&mut self, object: &Object<S>) {
        let exported = object.source.find(&FieldPath::parse("spec.exportTo")).map_or(&[][..], Node::elements);
        for (index, node) in exported.iter().enumerate() {
            if exported[..index].iter().any(|other| other.content == node.content) {
                self.reject(&format!("spec.exportTo[{index}]"), "duplicate namespace", "keep one of them");
            }
        }
    }

    /// Rejects invalid label keys and values.
    pub(crate) fn check_labels(&mut self, field: &str, labels: &BTreeMap<String, String>) {
        for (name, value) in labels {
            let field = field_key(field, name);
            if !label_names::is_label(name) {
                let help = "use letters, digits, `-`, `_` and `.`, with a letter or digit first and last, and an optional \
                              prefix of a domain and `/`";
                self.reject(&field, format!("invalid label key {name:?}"), help);
            }
            if !label_names::is_label_value(value) {
                let help = "use letters, digits, `-`, `_` and `.`, with a letter or digit first and last";
                self.reject(&field, format!("invalid label value {value:?}"), help);
            }
        }
    }
}

/// Path of a map's entry.
pub(crate) fn field_key(field: &str, name: &str) -> String {
    FieldPath::parse(field).key(name).to_string()
}
