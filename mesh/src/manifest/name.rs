//! Names and namespaces of resources.

use meshwalk_yaml::{Diagnostic, Node};

use super::Key;

/// Kinds whose name is a single DNS label: in Kubernetes because it is a part of hosts, and for a Deployment because
/// the local mesh makes file names of it.
const SINGLE_LABELS: [&str; 3] = ["Deployment", "Namespace", "Service"];

const LABEL: &str = "use up to 63 lower-case letters, digits and hyphens, with a letter or digit first and last";

const SUBDOMAIN: &str = "use up to 253 lower-case letters, digits, hyphens and dots, with a letter or digit around each dot, first and last";

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
    let (is_valid, help) =
        if SINGLE_LABELS.contains(&kind) { (is_label(name), LABEL) } else { (is_subdomain(name), SUBDOMAIN) };
    if !is_valid {
        return Err(invalid_name(name, help).at(&location("name")).resource(resource).field("metadata.name"));
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
        Some(node) => node.as_str().filter(|text| is_label(text)).ok_or_else(|| {
            invalid_name(node.as_str().unwrap_or_default(), LABEL)
                .at(&node.location)
                .resource(resource)
                .field("metadata.namespace")
        })?,
    };
    Ok(Key { namespace: namespace.to_owned(), name: name.to_owned() })
}

fn invalid_name(name: &str, help: &str) -> Diagnostic {
    Diagnostic::new(format!("invalid resource name `{name}`")).help(help)
}

/// True if a text is a DNS label (RFC 1123).
fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_bounded(text)
}

/// True if a text is a DNS subdomain as Kubernetes checks it: the length of its labels is not limited.
fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_bounded)
}

fn is_bounded(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_are_longer_than_labels_and_have_dots() {
        let long = "a".repeat(253);
        assert!(is_subdomain(&long) && is_subdomain("a.b-1") && is_label(&long[..63]));
        assert!(!is_subdomain(&format!("{long}a")) && !is_label(&long[..64]) && !is_label("a.b"));
        for text in ["", "-a", "a-", "A", "a..b", "a_b"] {
            assert!(!is_subdomain(text) && !is_label(text), "{text}");
        }
    }
}
