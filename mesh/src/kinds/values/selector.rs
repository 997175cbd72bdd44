use std::collections::BTreeMap;

use serde::Deserialize;

use crate::manifest::{Checker, field_key};

/// Selects the pods of a policy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadSelector {
    /// Required labels of a pod.
    #[serde(default)]
    pub match_labels: BTreeMap<String, String>,
}

/// Checks the labels of a selector, which may not be empty or have wildcards.
pub(in crate::kinds) fn check_selector(selector: Option<&WorkloadSelector>, checker: &mut Checker) {
    for (name, value) in selector.into_iter().flat_map(|selector| &selector.match_labels) {
        let field = field_key("spec.selector.matchLabels", name);
        if name.is_empty() {
            checker.reject(&field, "the label has no key", "write a key");
        } else if name.contains('*') || value.contains('*') {
            checker.reject(&field, "wildcards are not supported in a selector", "write the exact label");
        }
    }
}
