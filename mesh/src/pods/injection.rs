//! Sidecar injection.

use std::collections::BTreeMap;

/// Label and annotation of a pod.
const POD: &str = "sidecar.istio.io/inject";
/// Label of a namespace.
const NAMESPACE: &str = "istio-injection";

/// True if a pod gets a sidecar. Istio's rule ("Installing the sidecar"): a namespace with disabled injection never
/// injects. Otherwise the pod's label decides, then its annotation, then the namespace's label.
pub(super) fn has_sidecar(
    namespace: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> bool {
    let of_namespace = namespace.get(NAMESPACE).map(String::as_str);
    let of_pod = labels.get(POD).or_else(|| annotations.get(POD)).map(String::as_str);
    match (of_namespace, of_pod) {
        (Some("disabled"), _) | (_, Some("false")) => false,
        (_, Some("true")) | (Some("enabled"), _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(key: &str, value: Option<&str>) -> BTreeMap<String, String> {
        value.map(|value| (key.to_owned(), value.to_owned())).into_iter().collect()
    }

    #[test]
    fn pod_label_overrides_namespace_unless_injection_is_disabled() {
        for (namespace, label, annotation, expected) in [
            (Some("enabled"), None, None, true),
            (Some("enabled"), Some("false"), None, false),
            (Some("enabled"), None, Some("false"), false),
            (Some("enabled"), Some("true"), Some("false"), true),
            (None, None, None, false),
            (None, Some("true"), None, true),
            (Some("disabled"), Some("true"), None, false),
        ] {
            let sidecar = has_sidecar(&map(NAMESPACE, namespace), &map(POD, label), &map(POD, annotation));
            assert_eq!(sidecar, expected, "{namespace:?} {label:?} {annotation:?}");
        }
    }
}
