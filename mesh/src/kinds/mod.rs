//! The kinds that the local mesh understands. A kind is one module here and one row of `kinds!`.
//!
//! `model.rs` has the fields that are translated, `fields.rs` says what becomes of every field of the published schema
//! (`mesh/schemas`), `admission.rs` rejects what an API server rejects in one resource, and `references.rs` checks the
//! resource against the whole set.

mod authorization_policy;
mod deployment;
mod destination_rule;
mod foreign;
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
pub(crate) use read::{Read, read};
pub use service::model::*;
pub use service_account::model::*;
pub use values::*;
pub use virtual_service::model::*;

/// The values of `apiVersion` of Istio's networking kinds. Istio serves v1beta1 with the same fields as v1.
const NETWORKING: &[&str] = &["networking.istio.io/v1", "networking.istio.io/v1beta1"];
/// The values of `apiVersion` of Istio's security kinds.
const SECURITY: &[&str] = &["security.istio.io/v1", "security.istio.io/v1beta1"];

/// The specification of a kind.
trait Spec: DeserializeOwned {
    /// The values of `apiVersion` under which the kind is understood.
    const API_VERSIONS: &'static [&'static str];
    /// True if objects of the kind belong to a namespace.
    const NAMESPACED: bool = true;
    /// What becomes of every field of the published schema.
    const FIELDS: &'static [&'static [Group]];

    /// Rejects what an API server with Istio's webhook rejects in one object of the kind.
    const CHECK_ADMISSION: AdmissionCheck<Self> = |_, _| {};
    /// Checks the objects of the kind against the whole set.
    const CHECK_REFERENCES: ReferenceCheck = |_, _| {};
}

type AdmissionCheck<T> = fn(&Object<T>, &mut Checker);
type ReferenceCheck = fn(&Resources, &mut Vec<Diagnostic>);

macro_rules! kinds {
    ($($kind:ident in $set:ident),* $(,)?) => {
        /// A kind that the local mesh understands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)] // Each is the kind of its name.
        pub enum Kind {
            $($kind),*
        }

        impl Kind {
            /// All kinds. A kind that others refer to comes before them.
            pub const ALL: [Self; [$(stringify!($kind)),*].len()] = [$(Self::$kind),*];

            /// The name, as in the field `kind`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind)),* }
            }

            /// The values of `apiVersion` under which the kind is understood.
            pub fn api_versions(self) -> &'static [&'static str] {
                match self { $(Self::$kind => $kind::API_VERSIONS),* }
            }

            /// True if objects of the kind belong to a namespace.
            pub fn is_namespaced(self) -> bool {
                match self { $(Self::$kind => $kind::NAMESPACED),* }
            }

            /// The table that says what becomes of each field.
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
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind),* }
            }

            /// The namespace and name.
            pub fn key(&self) -> &Key {
                match self { $(Self::$kind(object) => &object.key),* }
            }

            /// Where the resource was read.
            pub fn location(&self) -> &Location {
                match self { $(Self::$kind(object) => &object.location),* }
            }

            /// The whole document as it was read.
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

            /// Every object. An object that others refer to comes before them.
            pub fn all(&self) -> Vec<Resource> {
                let mut all = Vec::new();
                $(all.extend(self.$set.values().cloned().map(Resource::$kind));)*
                all
            }

            pub(crate) fn insert(&mut self, resource: Resource) {
                match resource { $(Resource::$kind(object) => drop(self.$set.insert(object.key.clone(), object))),* }
            }

            /// Removes the object of the same kind, namespace and name. Returns whether there was one.
            pub(crate) fn remove(&mut self, like: &Resource) -> bool {
                match like { $(Resource::$kind(object) => self.$set.remove(&object.key).is_some()),* }
            }

            /// Everything that is wrong with the set, in the order of the kinds.
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
    /// As messages name it: `VirtualService meshwalk/backend`.
    pub fn identity(&self) -> String {
        format!("{} {}", self.kind(), self.key())
    }
}
