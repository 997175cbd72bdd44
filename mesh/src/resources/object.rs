//! A document becomes an object of its kind.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{
    Key, Kind, Object, Resource, WithoutEffect, annotations, fields,
    kind::{Recognised, recognise},
    name,
};
use meshwalk_yaml::{Content, Diagnostic, Entry, Location, Node};

/// What a document is.
#[derive(Debug)]
pub(super) enum Read {
    /// An object of an understood kind, and which of its fields do nothing.
    Object(Box<Resource>, Vec<WithoutEffect>),
    /// An object that does nothing as a whole.
    Ignored(WithoutEffect),
}

/// Reads one document, which is no list. A resource that names no namespace belongs to `namespace`.
pub(super) fn read(document: &Node, namespace: &str) -> Result<Read, Vec<Diagnostic>> {
    let head = |field: &str| -> Result<&str, Diagnostic> {
        let missing = || Diagnostic::new(format!("a resource needs {field}")).at(&document.location).field(field);
        document.get(field).ok_or_else(missing)?.as_str().ok_or_else(|| missing().at(&location_of(document, field)))
    };
    let identify = || -> Result<(&str, Recognised, Key), Diagnostic> {
        let (api_version, kind) = (head("apiVersion")?, head("kind")?);
        let recognised = recognise(api_version, kind).map_err(|diagnostic| {
            let location = location_of(document, diagnostic.field.as_deref().unwrap_or_default());
            diagnostic.at(&location)
        })?;
        Ok((kind, recognised, name::key(document, kind, namespace)?))
    };
    let (kind, recognised, key) = identify().map_err(|diagnostic| vec![diagnostic])?;
    let resource = format!("{kind} {key}");
    let kind = match recognised {
        Recognised::Kind(kind) => kind,
        Recognised::WithoutEffect(reason) => {
            return Ok(Read::Ignored(WithoutEffect { resource, field: "*".to_owned(), reason: reason.to_owned() }));
        }
    };
    let walked = fields::walk(document, fields::table(kind));
    let mut diagnostics = walked.diagnostics;
    let kept = walked.kept.unwrap_or_else(|| document.clone());
    let mut without_effect: Vec<WithoutEffect> = walked
        .without_effect
        .into_iter()
        .map(|(field, reason)| WithoutEffect { resource: resource.clone(), field, reason: reason.to_owned() })
        .collect();
    annotations::judge(&kept, kind, &resource, &mut diagnostics, &mut without_effect);
    if diagnostics.is_empty() {
        match typed(kind, key, &kept, document) {
            Ok(object) => return Ok(Read::Object(Box::new(object), without_effect)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    Err(diagnostics.into_iter().map(|diagnostic| diagnostic.of(&resource)).collect())
}

fn typed(kind: Kind, key: Key, kept: &Node, document: &Node) -> Result<Resource, Diagnostic> {
    Ok(match kind {
        Kind::Namespace => Resource::Namespace(object(key, kept, document)?),
        Kind::ServiceAccount => Resource::ServiceAccount(object(key, kept, document)?),
        Kind::Service => Resource::Service(object(key, kept, document)?),
        Kind::Deployment => Resource::Deployment(object(key, kept, document)?),
        Kind::Gateway => Resource::Gateway(object(key, kept, document)?),
        Kind::VirtualService => Resource::VirtualService(object(key, kept, document)?),
        Kind::DestinationRule => Resource::DestinationRule(object(key, kept, document)?),
        Kind::PeerAuthentication => Resource::PeerAuthentication(object(key, kept, document)?),
        Kind::AuthorizationPolicy => Resource::AuthorizationPolicy(object(key, kept, document)?),
    })
}

#[derive(serde::Deserialize)]
struct Spec<S> {
    spec: S,
}

fn object<S: DeserializeOwned>(key: Key, kept: &Node, document: &Node) -> Result<Object<S>, Diagnostic> {
    let location = location_of(document, "spec");
    let spec = kept.entry("spec").cloned().unwrap_or_else(|| Entry {
        key: "spec".to_owned(),
        location: location.clone(),
        value: Node { location: location.clone(), content: Content::Mapping(Vec::new()) },
    });
    let only_spec = Node { location, content: Content::Mapping(vec![spec]) };
    let Spec { spec } = only_spec.deserialize()?;
    let metadata = kept.get("metadata");
    let words = |field: &str| -> Result<BTreeMap<String, String>, Diagnostic> {
        metadata.and_then(|metadata| metadata.get(field)).map_or_else(|| Ok(BTreeMap::new()), Node::deserialize)
    };
    Ok(Object {
        labels: words("labels")?,
        annotations: words("annotations")?,
        location: document.location.clone(),
        spec,
        document: with_namespace(document, &key),
        source: document.clone(),
        key,
    })
}

/// The document as JSON, with the namespace that it was given by what surrounds it.
fn with_namespace(document: &Node, key: &Key) -> serde_json::Value {
    let mut json = document.to_json();
    if !key.namespace.is_empty()
        && let Some(metadata) = json.get_mut("metadata").and_then(serde_json::Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), key.namespace.clone().into());
    }
    json
}

fn location_of(document: &Node, field: &str) -> Location {
    document.entry(field).map_or(&document.location, |entry| &entry.location).clone()
}
