//! Names and namespaces of resources.

use meshwalk_yaml::{Diagnostic, Node};

use super::Key;

/// Reads the key of a document. `namespace` is for objects that name none; `None` if the kind is cluster-scoped.
///
/// # Errors
/// If the name or namespace is absent or invalid.
pub(crate) fn key(document: &Node, kind: &str, namespace: Option<&str>) -> Result<Key, Diagnostic> {
    let metadata = |field: &str| document.get("metadata").and_then(|metadata| metadata.get(field));
    let location =
        |field: &str| document.location_of(&meshwalk_yaml::FieldPath::parse(&format!("metadata.{field}"))).clone();
    let Some(name) = metadata("name").and_then(Node::as_str) else {
        return Err(Diagnostic::new("a resource needs a name")
            .at(&location("name"))
            .resource(kind)
            .field("metadata.name"));
    };
    let resource = format!("{kind} {name}");
    if !is_name(name, true) {
        return Err(invalid_name(name).at(&location("name")).resource(resource).field("metadata.name"));
    }
    let Some(namespace) = namespace else {
        return match metadata("namespace") {
            None => Ok(Key { namespace: String::new(), name: name.to_owned() }),
            Some(_) => Err(Diagnostic::new(format!("a {kind} is cluster-scoped and has no namespace"))
                .at(&location("namespace"))
                .resource(resource)
                .field("metadata.namespace")
                .help("remove it")),
        };
    };
    let namespace = match metadata("namespace") {
        None => namespace,
        Some(node) => node.as_str().filter(|text| is_name(text, false)).ok_or_else(|| {
            invalid_name(node.as_str().unwrap_or_default())
                .at(&node.location)
                .resource(resource)
                .field("metadata.namespace")
        })?,
    };
    Ok(Key { namespace: namespace.to_owned(), name: name.to_owned() })
}

fn invalid_name(name: &str) -> Diagnostic {
    Diagnostic::new(format!("invalid resource name `{name}`"))
        .help("use up to 63 lower-case letters, digits and hyphens, with a letter or digit first and last")
}

/// True if a text is a DNS label (RFC 1123). With `dots`, several labels joined by dots are accepted too.
fn is_name(text: &str, dots: bool) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if dots { text.split('.').all(is_label) } else { is_label(text) }
}
