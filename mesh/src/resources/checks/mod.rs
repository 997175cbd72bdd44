//! What must be true of the whole set: names that are referred to exist, and nothing depends on which of two
//! resources was created first, which is how Istio decides and nobody can see in the files.

mod admission;
mod destination_rules;
mod gateways;
mod policies;
mod ports;
mod routes;
mod scopes;
#[cfg(test)]
mod tests;
mod virtual_hosts;
mod workloads;

use std::collections::{BTreeMap, BTreeSet};

use super::{Key, Object, ROOT_NAMESPACE, Resource, Resources, hosts, model::Service};
use meshwalk_yaml::Diagnostic;

/// Namespaces that every cluster with Istio has.
const GIVEN_NAMESPACES: [&str; 2] = ["default", ROOT_NAMESPACE];

/// Everything that is wrong with a set, in the order of the kinds.
pub(super) fn all(set: &Resources) -> Vec<Diagnostic> {
    let mut diagnostics = namespaces(set);
    admission::check(set, &mut diagnostics);
    ports::check(set, &mut diagnostics);
    workloads::check(set, &mut diagnostics);
    gateways::check(set, &mut diagnostics);
    destination_rules::check(set, &mut diagnostics);
    virtual_hosts::check(set, &mut diagnostics);
    routes::check(set, &mut diagnostics);
    scopes::check(set, &mut diagnostics);
    policies::check(set, &mut diagnostics);
    diagnostics
}

fn namespaces(set: &Resources) -> Vec<Diagnostic> {
    let exists = |name: &str| {
        name.is_empty() || GIVEN_NAMESPACES.contains(&name) || set.namespaces.contains_key(&Key::new("", name))
    };
    set.all().iter().filter(|resource| !exists(&resource.key().namespace)).map(without_namespace).collect()
}

fn without_namespace(resource: &Resource) -> Diagnostic {
    let namespace = &resource.key().namespace;
    Diagnostic::new(format!("there is no Namespace {namespace}"))
        .at(resource.location())
        .of(resource.identity())
        .field("metadata.namespace")
        .help("apply the Namespace with it or before it, or delete what is in it first")
}

/// The services of a set by their full names.
fn services(set: &Resources) -> BTreeMap<String, &Object<Service>> {
    set.services.iter().map(|(key, service)| (hosts::service(key), service)).collect()
}

/// The names of which one was probably meant, for a remedy.
fn known<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    if names.is_empty() { "none".to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

/// Whether something with these labels has all that are wanted.
fn has_labels(labels: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}
