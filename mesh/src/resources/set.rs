//! The set of resources in force, and how it changes.

use super::{
    Kind, Object, ParsedManifests, Resources, checks,
    model::{
        AuthorizationPolicy, Deployment, DestinationRule, Gateway, Namespace, PeerAuthentication, Service,
        ServiceAccount, VirtualService,
    },
};
use meshwalk_yaml::{Diagnostic, Diagnostics, Location};

macro_rules! kinds {
    ($($kind:ident in $set:ident),*) => {
        /// An object of any kind.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // Each is an object of the kind of its name.
        #[allow(clippy::large_enum_variant)] // There are dozens of them, and most are Deployments or routes.
        pub enum Resource {
            $($kind(Object<$kind>)),*
        }

        impl Resource {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind),* }
            }

            /// Its namespace and name.
            pub fn key(&self) -> &super::Key {
                match self { $(Self::$kind(object) => &object.key),* }
            }

            /// Where it was read.
            pub fn location(&self) -> &Location {
                match self { $(Self::$kind(object) => &object.location),* }
            }

            /// The whole document as it was read.
            pub fn document(&self) -> &serde_json::Value {
                match self { $(Self::$kind(object) => &object.document),* }
            }
        }

        impl Resources {
            /// The object of the same kind, namespace and name, if there is one.
            pub fn get(&self, like: &Resource) -> Option<Resource> {
                match like { $(Resource::$kind(object) => self.$set.get(&object.key).cloned().map(Resource::$kind)),* }
            }

            /// Every object, in the order in which one that others refer to comes before them.
            pub fn all(&self) -> Vec<Resource> {
                let mut all = Vec::new();
                $(all.extend(self.$set.values().cloned().map(Resource::$kind));)*
                all
            }

            fn put(&mut self, resource: Resource) {
                match resource { $(Resource::$kind(object) => drop(self.$set.insert(object.key.clone(), object))),* }
            }

            fn take(&mut self, like: &Resource) -> bool {
                match like { $(Resource::$kind(object) => self.$set.remove(&object.key).is_some()),* }
            }
        }
    };
}

kinds!(
    Namespace in namespaces,
    ServiceAccount in service_accounts,
    Service in services,
    Deployment in deployments,
    Gateway in gateways,
    DestinationRule in destination_rules,
    VirtualService in virtual_services,
    PeerAuthentication in peer_authentications,
    AuthorizationPolicy in authorization_policies
);

impl Resource {
    /// As messages name it: `VirtualService meshwalk/backend`.
    pub fn identity(&self) -> String {
        format!("{} {}", self.kind(), self.key())
    }
}

impl Resources {
    /// The set with the objects of a reading in it, each in place of the one of its kind and name.
    ///
    /// # Errors
    /// Everything that is wrong with the whole that would result.
    pub fn with(&self, reading: &ParsedManifests) -> Result<Self, Diagnostics> {
        let mut set = self.clone();
        for resource in &reading.resources {
            set.forget(&resource.identity());
            set.put(resource.clone());
        }
        for ignored in reading.without_effect.iter().filter(|field| field.field == "*") {
            set.forget(&ignored.resource);
        }
        set.without_effect.extend(reading.without_effect.iter().cloned());
        set.checked()
    }

    /// The set without the objects of a reading, by kind and name: what else a document says does not matter.
    ///
    /// # Errors
    /// If one of them is not in the set, or another one refers to it.
    pub fn without(&self, reading: &ParsedManifests) -> Result<Self, Diagnostics> {
        let mut set = self.clone();
        let mut absent = Vec::new();
        for resource in &reading.resources {
            set.forget(&resource.identity());
            if !set.take(resource) {
                absent.push(
                    Diagnostic::new("it is not there, so it cannot be deleted")
                        .at(resource.location())
                        .of(resource.identity())
                        .help("apply it first, or leave it out"),
                );
            }
        }
        for ignored in reading.without_effect.iter().filter(|field| field.field == "*") {
            set.forget(&ignored.resource);
        }
        if absent.is_empty() { set.checked() } else { Err(Diagnostics(absent)) }
    }

    fn forget(&mut self, identity: &str) {
        self.without_effect.retain(|field| field.resource != identity);
    }

    fn checked(self) -> Result<Self, Diagnostics> {
        let diagnostics = checks::all(&self);
        if diagnostics.is_empty() { Ok(self) } else { Err(Diagnostics(diagnostics)) }
    }
}
