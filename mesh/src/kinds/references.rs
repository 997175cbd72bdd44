//! Helpers for checks of references.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resources, Service};
use crate::manifest::{Object, hosts};

/// Services of a set by their full names.
pub(super) fn services(set: &Resources) -> BTreeMap<String, &Object<Service>> {
    set.services.iter().map(|(key, service)| (hosts::service(key), service)).collect()
}

/// Formats the known names for a diagnostic's help.
pub(super) fn known<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    if names.is_empty() { "none".to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}
