//! Manifests, independent of their kinds: files, kustomizations, objects, and tables of fields.

pub(crate) mod annotations;
mod checker;
pub mod fields;
mod files;
pub mod hosts;
mod kustomize;
pub(crate) mod label_names;
mod name;
mod object;

use std::{collections::BTreeMap, fmt};

use meshwalk_yaml::{Diagnostic, FieldPath, Location, Node};

pub(crate) use checker::{Checker, field_key};
pub(crate) use files::read_documents;
pub(crate) use name::key;
pub(crate) use object::{location_of, object};

/// Root namespace of the mesh. Its policies apply to every namespace, and the ingress gateway runs in it.
pub const ROOT_NAMESPACE: &str = "istio-system";

/// Namespace and name of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Namespace; empty for cluster-scoped resources.
    pub namespace: String,
    /// Name of the resource.
    pub name: String,
}

impl Key {
    /// Key of a resource.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

/// Formats the key for messages, as `meshwalk/backend`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() { f.write_str(&self.name) } else { write!(f, "{}/{}", self.namespace, self.name) }
    }
}

/// A resource of any kind, with its location.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<S> {
    /// Name of the kind.
    pub kind: &'static str,
    /// Namespace and name.
    pub key: Key,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
    /// Location of the document.
    pub location: Location,
    /// Specification.
    pub spec: S,
    /// Document as it was read, for display and restoring. Independent of the location.
    pub document: serde_json::Value,
    /// Document with the location of every field.
    pub source: Node,
}

impl<S> Object<S> {
    /// Kind and key for messages, as `VirtualService meshwalk/backend`.
    pub fn identity(&self) -> String {
        format!("{} {}", self.kind, self.key)
    }

    /// A problem of a field, such as `spec.http[0].route`, with its location.
    pub fn diagnostic(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        let location = self.source.location_of(&FieldPath::parse(field));
        Diagnostic::new(message).at(location).resource(self.identity()).field(field)
    }
}

/// A field without effect on one machine, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct WithoutEffect {
    /// Resource, as `Deployment meshwalk/frontend`.
    pub resource: String,
    /// Field, as `spec.template.spec.containers[].resources`; `*` for the whole resource.
    pub field: String,
    /// Reason why the field has no effect.
    pub reason: String,
}

/// True if `labels` contains all of `required`.
pub(crate) fn has_labels(labels: &BTreeMap<String, String>, required: &BTreeMap<String, String>) -> bool {
    required.iter().all(|(name, value)| labels.get(name) == Some(value))
}
