//! The supported part of Kustomize: a list of resources, a namespace, labels.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use meshwalk_yaml::{self as yaml, Content, Diagnostic, Diagnostics, Entry, FieldPath, Node};
use serde::Deserialize;

/// Supported fields of a kustomization.
const FIELDS: [&str; 5] = ["apiVersion", "kind", "namespace", "resources", "labels"];

#[derive(Debug, Default, Deserialize)]
struct Kustomization {
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    labels: Vec<Labels>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Labels {
    pairs: BTreeMap<String, String>,
    #[serde(default)]
    include_selectors: bool,
    #[serde(default)]
    include_templates: bool,
}

/// Path of a folder's kustomization, if there is one.
pub(super) fn file_of(folder: &Path) -> Option<PathBuf> {
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    names.iter().map(|name| folder.join(name)).find(|file| file.is_file())
}

/// All documents of a kustomization, with its namespace and labels. `read` reads the documents of a path.
pub(super) fn documents(
    file: &Path,
    folder: &Path,
    read: impl Fn(&Path) -> Result<Vec<Node>, Diagnostics>,
) -> Result<Vec<Node>, Diagnostics> {
    let kustomization = yaml::read(file)?;
    let [kustomization] = kustomization.as_slice() else {
        return Err(Diagnostic::new(format!("{}: a kustomization is one document", file.display())).into());
    };
    let root = &kustomization.root;
    for entry in root.entries() {
        if !FIELDS.contains(&entry.key.as_str()) {
            return Err(Diagnostic::new("the local mesh does not support this field of a kustomization")
                .at(&entry.location)
                .field(&entry.key)
                .help(format!("supported are {}", FIELDS.join(", ")))
                .into());
        }
    }
    let Kustomization { namespace, resources, labels } = root.deserialize()?;
    let mut nodes = Vec::new();
    let mut diagnostics = Vec::new();
    for (index, resource) in resources.iter().enumerate() {
        let path = FieldPath::default().key("resources").index(index);
        let diagnostic = |message: String| Diagnostic::new(message).at(root.location_of(&path)).field(path.to_string());
        let target = folder.join(resource);
        if resource.contains("://") || !target.exists() {
            let help = "name a file or folder relative to the kustomization";
            diagnostics.push(diagnostic(format!("cannot find the file or folder `{resource}`")).help(help));
            continue;
        }
        match read(&target) {
            Ok(found) => nodes.extend(found),
            Err(Diagnostics(found)) => diagnostics.extend(found),
        }
    }
    for (index, labels) in labels.iter().enumerate() {
        let path = FieldPath::default().key("labels").index(index).key("includeSelectors");
        if labels.include_selectors {
            diagnostics.push(
                Diagnostic::new("the local mesh does not add labels to selectors")
                    .at(root.location_of(&path))
                    .field(path.to_string())
                    .help("write the labels into the selectors, or use includeTemplates"),
            );
        }
    }
    for node in &mut nodes {
        if let Some(namespace) = &namespace {
            diagnostics.extend(set_namespace(node, namespace));
        }
        for labels in &labels {
            label(node, labels);
        }
    }
    if diagnostics.is_empty() { Ok(nodes) } else { Err(Diagnostics(diagnostics)) }
}

/// Sets the namespace of a document.
fn set_namespace(node: &mut Node, namespace: &str) -> Option<Diagnostic> {
    let is_namespace = node.get("kind").and_then(Node::as_str) == Some("Namespace");
    if !is_namespace {
        set(node, &["metadata", "namespace"], namespace);
        return None;
    }
    let name = node.get("metadata").and_then(|metadata| metadata.get("name"))?;
    (name.as_str() != Some(namespace)).then(|| {
        Diagnostic::new(format!("the kustomization would rename this namespace to `{namespace}`"))
            .at(&name.location)
            .field("metadata.name")
            .help("use that name")
    })
}

fn label(node: &mut Node, labels: &Labels) {
    let has_template = node.get("spec").and_then(|spec| spec.get("template")).is_some();
    for (name, value) in &labels.pairs {
        set(node, &["metadata", "labels", name], value);
        if labels.include_templates && has_template {
            set(node, &["spec", "template", "metadata", "labels", name], value);
        }
    }
}

/// Sets a string in a tree of mappings. Missing mappings are created.
fn set(node: &mut Node, path: &[&str], text: &str) {
    let location = node.location.clone();
    let Some((key, rest)) = path.split_first() else {
        node.content = Content::String(text.to_owned());
        return;
    };
    if node.content == Content::Null {
        node.content = Content::Mapping(Vec::new());
    }
    // Values of other types are rejected later.
    let Content::Mapping(entries) = &mut node.content else { return };
    let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        let value = Node { location: location.clone(), content: Content::Null };
        entries.push(Entry { key: (*key).to_owned(), location, value });
        entries.len() - 1
    });
    set(&mut entries[at].value, rest, text);
}
