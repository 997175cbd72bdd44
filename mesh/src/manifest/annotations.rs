//! Checks Istio's labels and annotations. Those of other domains are free text and not checked.

use meshwalk_yaml::{Diagnostic, FieldPath, Node};

use super::WithoutEffect;

/// Effect of one of Istio's labels or annotations.
enum AnnotationEffect {
    Translated(&'static [&'static str]),
    WithoutEffect(&'static str),
    Rejected(&'static str),
}

/// Paths of labels and annotations: of the object and of its pod template.
const FIELDS: [&str; 4] =
    ["metadata.labels", "metadata.annotations", "spec.template.metadata.labels", "spec.template.metadata.annotations"];

/// Checks the labels and annotations of an object and of its pod template.
pub(crate) fn check(
    document: &Node,
    resource: &str,
    diagnostics: &mut Vec<Diagnostic>,
    without_effect: &mut Vec<WithoutEffect>,
) {
    for field in FIELDS {
        let path = FieldPath::parse(field);
        for entry in document.find(&path).map_or(&[][..], Node::entries) {
            let path = path.key(&entry.key);
            let value = entry.value.as_str().unwrap_or_default();
            match effect_of(&entry.key) {
                None => {}
                Some(AnnotationEffect::Translated(values)) if values.is_empty() || values.contains(&value) => {}
                Some(AnnotationEffect::Translated(values)) => diagnostics.push(
                    Diagnostic::new(format!("the local mesh does not support the value `{value}`"))
                        .at(&entry.value.location)
                        .field(path.to_string())
                        .help(format!("write \"{}\"", values.join("\" or \""))),
                ),
                Some(AnnotationEffect::WithoutEffect(reason)) => without_effect.push(WithoutEffect {
                    resource: resource.to_owned(),
                    field: path.to_string(),
                    reason: reason.to_owned(),
                }),
                Some(AnnotationEffect::Rejected(help)) => diagnostics.push(
                    Diagnostic::new("the local mesh does not support this label or annotation")
                        .at(&entry.location)
                        .field(path.to_string())
                        .help(help),
                ),
            }
        }
    }
}

fn effect_of(key: &str) -> Option<AnnotationEffect> {
    Some(match key {
        "sidecar.istio.io/inject" => AnnotationEffect::Translated(&["true", "false"]),
        "istio-injection" => AnnotationEffect::Translated(&["enabled", "disabled"]),
        "service.istio.io/canonical-name" | "service.istio.io/canonical-revision" => AnnotationEffect::Translated(&[]),
        "istio.io/rev" => {
            AnnotationEffect::Rejected("write istio-injection: enabled; the local mesh has one control plane")
        }
        "proxy.istio.io/config" => AnnotationEffect::WithoutEffect(
            "the local mesh starts every sidecar before its program, with the same settings",
        ),
        "kubectl.kubernetes.io/last-applied-configuration" | "deployment.kubernetes.io/revision" => {
            AnnotationEffect::WithoutEffect("tools of a cluster write it for their own use")
        }
        "prometheus.io/scrape" | "prometheus.io/port" | "prometheus.io/path" | "prometheus.io/scheme" => {
            AnnotationEffect::WithoutEffect("the local mesh knows the metrics page of every program")
        }
        _ => {
            let domain = key.split_once('/').map_or("", |(domain, _)| domain);
            if domain != "istio.io" && !domain.ends_with(".istio.io") {
                return None;
            }
            AnnotationEffect::Rejected(
                "remove it; supported are sidecar.istio.io/inject, service.istio.io/canonical-* and proxy.istio.io/config",
            )
        }
    })
}
