//! Reads a document into a resource of its kind.

use meshwalk_yaml::{Diagnostic, Node};

use super::{
    Resource,
    document_kind::{self, DocumentKind},
};
use crate::manifest::{self, Key, WithoutEffect, annotations, fields, location_of};

/// Result of reading a document.
#[derive(Debug)]
pub(crate) enum ParsedDocument {
    /// An object of a supported kind, and its fields without effect.
    Object(Box<Resource>, Vec<WithoutEffect>),
    /// An object without effect.
    Ignored(WithoutEffect),
}

/// Reads one document that is not a list. `namespace` is for resources that name none.
pub(crate) fn read(document: &Node, namespace: &str) -> Result<ParsedDocument, Vec<Diagnostic>> {
    let head = |field: &str| -> Result<&str, Diagnostic> {
        let missing = || Diagnostic::new(format!("a resource needs {field}")).at(&document.location).field(field);
        document.get(field).ok_or_else(missing)?.as_str().ok_or_else(|| missing().at(&location_of(document, field)))
    };
    let identify = || -> Result<(&str, DocumentKind, Key), Diagnostic> {
        let (api_version, kind) = (head("apiVersion")?, head("kind")?);
        let found = document_kind::recognize(api_version, kind).map_err(|diagnostic| {
            let location = location_of(document, diagnostic.field.as_deref().unwrap_or_default());
            diagnostic.at(&location)
        })?;
        let namespace = document_kind::is_namespaced(kind).then_some(namespace);
        Ok((kind, found, manifest::key(document, kind, namespace)?))
    };
    let (kind, document_kind, key) = identify().map_err(|diagnostic| vec![diagnostic])?;
    let resource = format!("{kind} {key}");
    let kind = match document_kind {
        DocumentKind::Kind(kind) => kind,
        DocumentKind::WithoutEffect(reason) => {
            return Ok(ParsedDocument::Ignored(WithoutEffect {
                resource,
                field: "*".to_owned(),
                reason: reason.to_owned(),
            }));
        }
    };
    let report = fields::walk(document, kind.fields());
    let mut diagnostics = report.diagnostics;
    let kept = report.kept.unwrap_or_else(|| document.clone());
    let mut without_effect: Vec<WithoutEffect> = report
        .without_effect
        .into_iter()
        .map(|(field, reason)| WithoutEffect { resource: resource.clone(), field, reason: reason.to_owned() })
        .collect();
    annotations::check(&kept, &resource, &mut diagnostics, &mut without_effect);
    if diagnostics.is_empty() {
        match kind.read(key, &kept, document) {
            Ok(object) => return Ok(ParsedDocument::Object(Box::new(object), without_effect)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    Err(diagnostics.into_iter().map(|diagnostic| diagnostic.resource(&resource)).collect())
}
