//! Set of active resources, and changes of the set.

mod read;
#[cfg(test)]
mod tests;

use meshwalk_yaml::{Diagnostic, Diagnostics};

pub use crate::kinds::{Kind, Resource, Resources};
pub use read::ParsedManifests;

impl Resources {
    /// Returns the set with the given objects added. An object replaces the one of the same kind and name.
    ///
    /// # Errors
    /// All problems of the resulting set.
    pub fn with(&self, manifests: &ParsedManifests) -> Result<Self, Diagnostics> {
        let mut set = self.clone();
        for resource in &manifests.resources {
            set.forget(&resource.identity());
            set.insert(resource.clone());
        }
        for ignored in manifests.without_effect.iter().filter(|field| field.field == "*") {
            set.forget(&ignored.resource);
        }
        set.without_effect.extend(manifests.without_effect.iter().cloned());
        set.checked()
    }

    /// Returns the set without the given objects, identified by kind and name.
    ///
    /// # Errors
    /// If an object is not in the set, or another object refers to it.
    pub fn without(&self, manifests: &ParsedManifests) -> Result<Self, Diagnostics> {
        let mut set = self.clone();
        let mut absent = Vec::new();
        for resource in &manifests.resources {
            set.forget(&resource.identity());
            if !set.remove(resource) {
                absent.push(
                    Diagnostic::new("cannot delete it: it does not exist")
                        .at(resource.location())
                        .resource(resource.identity())
                        .help("apply it first, or remove it from the files"),
                );
            }
        }
        for ignored in manifests.without_effect.iter().filter(|field| field.field == "*") {
            set.forget(&ignored.resource);
        }
        if absent.is_empty() { set.checked() } else { Err(Diagnostics(absent)) }
    }

    fn forget(&mut self, identity: &str) {
        self.without_effect.retain(|field| field.resource != identity);
    }

    fn checked(self) -> Result<Self, Diagnostics> {
        let diagnostics = self.diagnostics();
        if diagnostics.is_empty() { Ok(self) } else { Err(Diagnostics(diagnostics)) }
    }
}
