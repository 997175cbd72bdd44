//! Reads files and folders into objects.

use std::{collections::BTreeMap, path::Path};

use meshwalk_yaml::{self as yaml, Diagnostic, Diagnostics, Location, Node};
use serde_json::Value;

use crate::{
    kinds::{self, ParsedDocument, Resource, Resources},
    manifest::{WithoutEffect, read_documents},
};

/// Namespace of objects that name none, as for `kubectl` in a new context.
const DEFAULT_NAMESPACE: &str = "default";

/// Parsed objects, not yet checked against each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedManifests {
    /// Objects in the order of the files.
    pub resources: Vec<Resource>,
    /// Fields and whole resources without effect on one machine.
    pub without_effect: Vec<WithoutEffect>,
}

impl Resources {
    /// Reads YAML files and folders. A folder with a `kustomization.yaml` is read by Kustomize's rules. From any other
    /// folder `*.yaml`, `*.yml` and `*.json` are read, without subfolders, as by `kubectl apply -f`.
    ///
    /// # Errors
    /// All problems of the documents, and objects that occur twice.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<ParsedManifests, Diagnostics> {
        Self::read_in(paths, DEFAULT_NAMESPACE)
    }

    /// Reads files and folders as [`Resources::read`] does. `namespace` is for objects that name none.
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn read_in<P: AsRef<Path>>(paths: &[P], namespace: &str) -> Result<ParsedManifests, Diagnostics> {
        read_all(paths.iter().map(|path| read_documents(path.as_ref())), namespace)
    }

    /// Reads files and folders as [`Resources::read`] does, and an optional text, whose locations name the file
    /// `text_name`.
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn read_with_text<P: AsRef<Path>>(
        paths: &[P],
        text: Option<&str>,
        text_name: &Path,
    ) -> Result<ParsedManifests, Diagnostics> {
        let files = paths.iter().map(|path| read_documents(path.as_ref()));
        read_all(files.chain(text.map(|text| roots_of(text, text_name))), DEFAULT_NAMESPACE)
    }
}

fn roots_of(text: &str, text_name: &Path) -> Result<Vec<Node>, Diagnostics> {
    Ok(yaml::parse(text, text_name)?.into_iter().map(|document| document.root).collect())
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
    /// Parses a text. `file` is its name in locations.
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, Diagnostics> {
        gather(&roots_of(text, file)?, DEFAULT_NAMESPACE, Vec::new())
    }

    /// Parses documents stored as JSON (see [`crate::manifest::Object::document`]).
    ///
    /// # Errors
    /// As for [`Resources::read`].
    pub fn from_documents(documents: &[Value]) -> Result<Self, Diagnostics> {
        let location = Location::outside_files();
        let roots: Vec<Node> = documents.iter().map(|document| Node::from_json(document, &location)).collect();
        gather(&roots, DEFAULT_NAMESPACE, Vec::new())
    }
}

fn gather(roots: &[Node], namespace: &str, mut diagnostics: Vec<Diagnostic>) -> Result<ParsedManifests, Diagnostics> {
    let mut manifests = ParsedManifests::default();
    let mut seen: BTreeMap<String, Location> = BTreeMap::new();
    for root in roots.iter().flat_map(items) {
        match kinds::read(root, namespace) {
            Ok(ParsedDocument::Object(resource, without_effect)) => {
                let identity = resource.identity();
                if let Some(first) = seen.get(&identity) {
                    diagnostics.push(
                        Diagnostic::new("duplicate resource")
                            .at(resource.location())
                            .resource(&identity)
                            .help(format!("keep one of them; the first is at {first}")),
                    );
                }
                seen.entry(identity).or_insert_with(|| resource.location().clone());
                manifests.without_effect.extend(without_effect);
                manifests.resources.push(*resource);
            }
            Ok(ParsedDocument::Ignored(resource)) => manifests.without_effect.push(resource),
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.is_empty() { Ok(manifests) } else { Err(Diagnostics(diagnostics)) }
}

/// Documents of a `kind: List`, or the document itself.
fn items(document: &Node) -> Vec<&Node> {
    let is_list = document.get("kind").and_then(Node::as_str) == Some("List");
    match document.get("items") {
        Some(items) if is_list => items.elements().iter().flat_map(self::items).collect(),
        _ => vec![document],
    }
}
