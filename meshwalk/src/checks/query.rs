//! Query of a workload's metric, used by checks and waits.

use std::{collections::BTreeMap, fmt};

use meshwalk_yaml::{Content, Entry, Node};

use crate::{
    evidence::Selector,
    namespace::{Namespace, USUAL},
    reader::{Reader, below},
};

/// A metric of the proxies of a workload, summed over its instances and over the series that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// Name of the metric.
    pub name: String,
    /// Labels that a series must have. In a value `*` matches any text.
    pub labels: BTreeMap<String, String>,
    /// Workload whose proxies are scraped, such as `backend-v2`.
    pub workload: String,
}

impl MetricQuery {
    /// Reads a query from a map with these keys.
    pub(crate) fn read(reader: &mut Reader, node: &Node, field: &str, known: &[&str]) -> Option<Self> {
        reader.map(node, field, known);
        let name = reader.required(node, field, "name", "name: istio_requests_total");
        let name = name.and_then(|node| reader.text(node, &below(field, "name")));
        let workload = reader.required(node, field, "workload", "workload: backend-v1");
        let workload = workload.and_then(|node| reader.text(node, &below(field, "workload")));
        let mut labels = BTreeMap::new();
        if let Some(node) = node.get("labels") {
            if !matches!(node.content, Content::Mapping(_)) {
                let help = Some("write a map, as `{reporter: destination}`".to_owned());
                reader.wrong(&node.location, &below(field, "labels"), "this is not a map of labels", help);
            }
            for Entry { key, value, .. } in node.entries() {
                if let Some(value) = reader.scalar(value, &below(&below(field, "labels"), key)) {
                    labels.insert(key.clone(), value);
                }
            }
        }
        Some(Self { name: name?, labels, workload: workload? })
    }

    /// The selector of the series that the query sums.
    pub(crate) fn selector(&self) -> Selector {
        let all = Selector::named(&self.name).of(&self.workload);
        self.labels.iter().fold(all, |selector, (name, value)| selector.with(name, value))
    }

    /// Replaces the usual namespace in the labels.
    pub(crate) fn replace_namespace(&mut self, namespace: &Namespace) {
        for (label, value) in &mut self.labels {
            // Labels such as `destination_workload_namespace`.
            *value = if label.ends_with("namespace") && value == USUAL {
                namespace.name().to_owned()
            } else {
                namespace.replace_in(value)
            };
        }
    }
}

impl fmt::Display for MetricQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{{", self.name)?;
        for (index, (name, value)) in self.labels.iter().enumerate() {
            write!(f, "{}{name}={value:?}", if index > 0 { "," } else { "" })?;
        }
        write!(f, "}} at {}", self.workload)
    }
}
