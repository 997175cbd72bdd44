//! What the checks of references share.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resources, Service};
use crate::manifest::{Object, hosts};

/// The services of a set by their full names.
pub(super) fn services(set: &Resources) -> BTreeMap<String, &Object<Service>> {
    set.services.iter().map(|(key, service)| (hosts::service(key), service)).collect()
}

/// Lists the known names, for the help of a diagnostic.
pub(super) fn known<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    if names.is_empty() { "none".to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

/// Whether something with these labels has all that are wanted.
pub(super) fn has_labels(labels: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}
