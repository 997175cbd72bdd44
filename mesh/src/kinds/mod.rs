//! The kinds that the local mesh supports. Each is one module and one row of `kinds!`.
//!
//! `model.rs` has the translated fields and `fields.rs` the effect of every field of the published schema
//! (`mesh/schemas`). `admission.rs` rejects what an API server rejects in one resource. `references.rs` checks a
//! resource against the whole set.

mod authorization_policy;
mod deployment;
mod destination_rule;
mod document_kind;
mod gateway;
mod namespace;
mod peer_authentication;
mod read;
mod references;
mod service;
mod service_account;
mod values;
mod virtual_service;

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use meshwalk_yaml::{Diagnostic, Location, Node};
use serde::de::DeserializeOwned;

use crate::manifest::{
    self, Checker, Key, Object, WithoutEffect,
    fields::{Group, Table},
};
pub use authorization_policy::model::*;
pub use deployment::model::*;
pub use destination_rule::model::*;
pub use gateway::model::*;
pub use namespace::model::*;
pub use peer_authentication::model::*;
pub(crate) use read::{ParsedDocument, read};
pub use service::model::*;
pub use service_account::model::*;
pub use values::*;
pub use virtual_service::model::*;

/// Values of `apiVersion` of Istio's networking kinds. v1beta1 has the same fields as v1.
const NETWORKING: &[&str] = &["networking.istio.io/v1", "networking.istio.io/v1beta1"];
/// Values of `apiVersion` of Istio's security kinds.
const SECURITY: &[&str] = &["security.istio.io/v1", "security.istio.io/v1beta1"];

/// Specification of a kind.
trait Spec: DeserializeOwned {
    /// Supported values of `apiVersion`.
    const API_VERSIONS: &'static [&'static str];
    /// True if the kind is namespaced.
    const NAMESPACED: bool = true;
    /// Effect of every field of the published schema.
    const FIELDS: &'static [&'static [Group]];

    /// Rejects what an API server with Istio's webhook rejects in one object.
    const CHECK_ADMISSION: AdmissionCheck<Self> = |_, _| {};
    /// Checks all objects of the kind against the whole set.
    const CHECK_REFERENCES: ReferenceCheck = |_, _| {};
}

type AdmissionCheck<T> = fn(&Object<T>, &mut Checker);
type ReferenceCheck = fn(&Resources, &mut Vec<Diagnostic>);

macro_rules! kinds {
    ($($kind:ident in $set:ident),* $(,)?) => {
        /// A kind that the local mesh supports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)] // Each is the kind of its name.
        pub enum Kind {
            $($kind),*
        }

        impl Kind {
            /// All kinds, in the order of references: a kind comes after those that it refers to.
            pub const ALL: [Self; [$(stringify!($kind)),*].len()] = [$(Self::$kind),*];

            /// Value of the field `kind`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind)),* }
            }

            /// Supported values of `apiVersion`.
            pub fn api_versions(self) -> &'static [&'static str] {
                match self { $(Self::$kind => $kind::API_VERSIONS),* }
            }

            /// True if the kind is namespaced.
            pub fn is_namespaced(self) -> bool {
                match self { $(Self::$kind => $kind::NAMESPACED),* }
            }

            /// Effects of the kind's fields.
            pub fn fields(self) -> &'static Table {
                match self {
                    $(Self::$kind => {
                        const SCHEMA: &str =
                            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/", stringify!($kind), ".fields"));
                        static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(SCHEMA, $kind::FIELDS));
                        &TABLE
                    }),*
                }
            }

            fn read(self, key: Key, kept: &Node, document: &Node) -> Result<Resource, Diagnostic> {
                Ok(match self {
                    $(Self::$kind => Resource::$kind(manifest::object(self.name(), key, kept, document)?)),*
                })
            }
        }

        /// An object of any kind.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // Each is an object of the kind of its name.
        #[allow(clippy::large_enum_variant)] // There are dozens of them, and most are Deployments or routes.
        pub enum Resource {
            $($kind(Object<$kind>)),*
        }

        impl Resource {
            /// Kind of the object.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind),* }
            }

            /// Namespace and name of the object.
            pub fn key(&self) -> &Key {
                match self { $(Self::$kind(object) => &object.key),* }
            }

            /// Location of the object.
            pub fn location(&self) -> &Location {
                match self { $(Self::$kind(object) => &object.location),* }
            }

            /// Document as it was read.
            pub fn document(&self) -> &serde_json::Value {
                match self { $(Self::$kind(object) => &object.document),* }
            }
        }

        /// A set of resources, by kind, namespace and name.
        #[derive(Debug, Clone, Default, PartialEq)]
        #[allow(missing_docs)] // Each is the objects of one kind.
        pub struct Resources {
            $(pub $set: BTreeMap<Key, Object<$kind>>,)*
            /// Fields of the resources that have no effect on one machine.
            pub without_effect: Vec<WithoutEffect>,
        }

        impl Resources {
            /// The object of the same kind, namespace and name, or `None`.
            pub fn get(&self, like: &Resource) -> Option<Resource> {
                match like { $(Resource::$kind(object) => self.$set.get(&object.key).cloned().map(Resource::$kind)),* }
            }

            /// All objects, in the order of [`Kind::ALL`].
            pub fn all(&self) -> Vec<Resource> {
                let mut all = Vec::new();
                $(all.extend(self.$set.values().cloned().map(Resource::$kind));)*
                all
            }

            pub(crate) fn insert(&mut self, resource: Resource) {
                match resource { $(Resource::$kind(object) => drop(self.$set.insert(object.key.clone(), object))),* }
            }

            /// Removes the object of the same kind, namespace and name. Returns true if it existed.
            pub(crate) fn remove(&mut self, like: &Resource) -> bool {
                match like { $(Resource::$kind(object) => self.$set.remove(&object.key).is_some()),* }
            }

            /// All problems of the set, in the order of the kinds.
            pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
                let mut diagnostics = Vec::new();
                $(self.$set.values().for_each(|object| {
                    ($kind::CHECK_ADMISSION)(object, &mut Checker::new(object, &mut diagnostics));
                });)*
                $(($kind::CHECK_REFERENCES)(self, &mut diagnostics);)*
                diagnostics
            }
        }
    };
}

kinds! {
    Namespace in namespaces,
    ServiceAccount in service_accounts,
    Service in services,
    Deployment in deployments,
    Gateway in gateways,
    DestinationRule in destination_rules,
    VirtualService in virtual_services,
    PeerAuthentication in peer_authentications,
    AuthorizationPolicy in authorization_policies,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Resource {
    /// Kind and key for messages, as `VirtualService meshwalk/backend`.
    pub fn identity(&self) -> String {
        format!("{} {}", self.kind(), self.key())
    }
}
