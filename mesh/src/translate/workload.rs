use std::collections::BTreeMap;

use crate::topology::Instance;

/// Labels of a pod in metrics and traces, derived by Istio's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workload {
    pub(crate) app: String,
    pub(crate) version: String,
    pub(crate) canonical_service: String,
    pub(crate) canonical_revision: String,
}

impl Workload {
    pub(crate) fn of(instance: &Instance) -> Self {
        let label = |names: &[&str], fallback: &str| first(&instance.labels, names).unwrap_or(fallback).to_owned();
        Self {
            app: label(&["app"], "unknown"),
            version: label(&["version"], "unknown"),
            canonical_service: label(
                &["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"],
                &instance.workload,
            ),
            canonical_revision: label(
                &["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"],
                "latest",
            ),
        }
    }
}

/// Service name of a pod's spans: its `app` label, or else its workload, and the namespace.
pub(crate) fn tracing_name(instance: &Instance) -> String {
    let app = first(&instance.labels, &["app"]).unwrap_or(&instance.workload);
    format!("{app}.{}", instance.namespace)
}

fn first<'l>(labels: &'l BTreeMap<String, String>, names: &[&str]) -> Option<&'l str> {
    names.iter().find_map(|name| labels.get(*name)).map(String::as_str)
}
