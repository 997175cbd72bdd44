//! Checks that the namespaces of resources exist.

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{Resource, Resources},
    manifest::{Key, ROOT_NAMESPACE},
};

/// Namespaces that exist in every cluster with Istio.
const BUILT_IN_NAMESPACES: [&str; 2] = ["default", ROOT_NAMESPACE];

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    let exists = |name: &str| {
        name.is_empty() || BUILT_IN_NAMESPACES.contains(&name) || set.namespaces.contains_key(&Key::new("", name))
    };
    diagnostics.extend(set.all().iter().filter(|resource| !exists(&resource.key().namespace)).map(without_namespace));
}

fn without_namespace(resource: &Resource) -> Diagnostic {
    let namespace = &resource.key().namespace;
    Diagnostic::new(format!("Namespace {namespace} does not exist"))
        .at(resource.location())
        .resource(resource.identity())
        .field("metadata.namespace")
        .help("apply the Namespace with it or before it, or delete its resources first")
}
