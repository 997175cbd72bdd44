//! The set of resources that is active, and how it changes.

mod read;
#[cfg(test)]
mod tests;

use meshwalk_yaml::{Diagnostic, Diagnostics};

pub use crate::kinds::{Kind, Resource, Resources};
pub use read::ParsedManifests;

impl Resources {
    /// The set with the objects of a reading in it, each in place of the one of its kind and name.
    ///
    /// # Errors
    /// Everything that is wrong with the whole that would result.
    pub fn with(&self, reading: &ParsedManifests) -> Result<Self, Diagnostics> {
        let mut set = self.clone();
        for resource in &reading.resources {
            set.forget(&resource.identity());
            set.insert(resource.clone());
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
            if !set.remove(resource) {
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
        let diagnostics = self.diagnostics();
        if diagnostics.is_empty() { Ok(self) } else { Err(Diagnostics(diagnostics)) }
    }
}
