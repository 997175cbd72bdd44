//! Manifests without knowledge of any kind: files and kustomizations, the parts that every object has, and tables that
//! classify each field of a kind's schema.

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

/// The namespace of the mesh itself: policies in it hold for every namespace, and the ingress gateway lives in it.
pub const ROOT_NAMESPACE: &str = "istio-system";

/// A resource's name in its namespace. Resources without a namespace have an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace, or empty for a Namespace itself.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// A resource's name in a namespace.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

/// As messages name it: `meshwalk/backend`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() { f.write_str(&self.name) } else { write!(f, "{}/{}", self.namespace, self.name) }
    }
}

/// A resource with what every kind has, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<S> {
    /// The name of its kind.
    pub kind: &'static str,
    /// Its namespace and name.
    pub key: Key,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
    /// Where it was read.
    pub location: Location,
    /// Its specification.
    pub spec: S,
    /// The whole document as it was read, for showing and for putting back. Two objects that say the same have the
    /// same document, wherever they were read.
    pub document: serde_json::Value,
    /// The same with the place of every field.
    pub source: Node,
}

impl<S> Object<S> {
    /// As messages name it: `VirtualService meshwalk/backend`.
    pub fn identity(&self) -> String {
        format!("{} {}", self.kind, self.key)
    }

    /// A problem of one of its fields, as `spec.http[0].route`, where this stands in the file.
    pub fn diagnostic(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        let location = self.source.location_of(&FieldPath::parse(field));
        Diagnostic::new(message).at(location).resource(self.identity()).field(field)
    }
}

/// A field that was read and does nothing on one machine, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct WithoutEffect {
    /// The resource, as `Deployment meshwalk/frontend`.
    pub resource: String,
    /// The field, as `spec.template.spec.containers[].resources`; `*` if the whole resource does nothing.
    pub field: String,
    /// Why it has no effect here.
    pub reason: String,
}
