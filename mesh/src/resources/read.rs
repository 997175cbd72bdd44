//! Files and folders become objects.

use std::{collections::BTreeMap, path::Path};

use meshwalk_yaml::{self as yaml, Diagnostic, Diagnostics, Location, Node};
use serde_json::Value;

use crate::{
    kinds::{self, Read, Resource, Resources},
    manifest::{WithoutEffect, read_documents},
};

/// The namespace of what names none, as for `kubectl` in a new context.
const DEFAULT_NAMESPACE: &str = "default";

/// What was read: objects that are right in themselves, not yet checked against others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedManifests {
    /// The objects, in the order of the files.
    pub resources: Vec<Resource>,
    /// Their fields that do nothing on one machine, and resources that do nothing as a whole.
    pub without_effect: Vec<WithoutEffect>,
}

impl Resources {
    /// Reads YAML files and folders. Of a folder with a `kustomization.yaml` this is followed; of any other one, the
    /// files `*.yaml`, `*.yml` and `*.json` are read, those in its subfolders not, as for `kubectl apply -f`.
    ///
    /// # Errors
    /// Everything that is wrong with any of the documents, and objects that occur twice.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<ParsedManifests, Diagnostics> {
        Self::read_in(paths, DEFAULT_NAMESPACE)
    }

    /// The same, with the namespace of resources that name none.
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn read_in<P: AsRef<Path>>(paths: &[P], namespace: &str) -> Result<ParsedManifests, Diagnostics> {
        read_all(paths.iter().map(|path| read_documents(path.as_ref())), namespace)
    }

    /// The same with a text, if there is one, that stands in no file; places call it `named`.
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn read_beside<P: AsRef<Path>>(
        paths: &[P],
        text: Option<&str>,
        named: &Path,
    ) -> Result<ParsedManifests, Diagnostics> {
        let files = paths.iter().map(|path| read_documents(path.as_ref()));
        read_all(files.chain(text.map(|text| roots_of(text, named))), DEFAULT_NAMESPACE)
    }
}

fn roots_of(text: &str, named: &Path) -> Result<Vec<Node>, Diagnostics> {
    Ok(yaml::parse(text, named)?.into_iter().map(|document| document.root).collect())
}

fn read_all(
    files: impl Iterator<Item = Result<Vec<Node>, Diagnostics>>,
    namespace: &str,
) -> Result<ParsedManifests, Diagnostics> {
    let mut roots = Vec::new();
    let mut diagnostics = Vec::new();
    for file in files {
        match file {
            Ok(found) => roots.extend(found),
            Err(Diagnostics(found)) => diagnostics.extend(found),
        }
    }
    gather(&roots, namespace, diagnostics)
}

impl ParsedManifests {
    /// Reads a text that stands in no file, or in one that was read already. `file` is what the places name.
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, Diagnostics> {
        gather(&roots_of(text, file)?, DEFAULT_NAMESPACE, Vec::new())
    }

    /// Reads documents that were kept as JSON (see [`crate::manifest::Object::document`]).
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn of_documents(documents: &[Value]) -> Result<Self, Diagnostics> {
        let location = Location::kept();
        let roots: Vec<Node> = documents.iter().map(|document| Node::from_json(document, &location)).collect();
        gather(&roots, DEFAULT_NAMESPACE, Vec::new())
    }
}

fn gather(roots: &[Node], namespace: &str, mut diagnostics: Vec<Diagnostic>) -> Result<ParsedManifests, Diagnostics> {
    let mut reading = ParsedManifests::default();
    let mut seen: BTreeMap<String, Location> = BTreeMap::new();
    for root in roots.iter().flat_map(items) {
        match kinds::read(root, namespace) {
            Ok(Read::Object(resource, without_effect)) => {
                let identity = resource.identity();
                if let Some(first) = seen.get(&identity) {
                    diagnostics.push(
                        Diagnostic::new("it occurs twice in what was read")
                            .at(resource.location())
                            .of(&identity)
                            .help(format!("keep one of them; the first is at {first}")),
                    );
                }
                seen.entry(identity).or_insert_with(|| resource.location().clone());
                reading.without_effect.extend(without_effect);
                reading.resources.push(*resource);
            }
            Ok(Read::Ignored(whole)) => reading.without_effect.push(whole),
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.is_empty() { Ok(reading) } else { Err(Diagnostics(diagnostics)) }
}

/// The documents of a `kind: List`, or the document itself.
fn items(document: &Node) -> Vec<&Node> {
    let is_list = document.get("kind").and_then(Node::as_str) == Some("List");
    match document.get("items") {
        Some(items) if is_list => items.elements().iter().flat_map(self::items).collect(),
        _ => vec![document],
    }
}
