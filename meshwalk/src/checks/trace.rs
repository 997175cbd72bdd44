//! `trace`: one request's trace covers all services, without a gap.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckSpec, Entry, Evidence, Finding, Namespace, Needs, Reader, Scope};
use crate::{
    platform::Span,
    reader::{below, one_or_many},
};

/// Expects these services in the order in which a request first meets them, one root and no orphan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(pub Vec<String>);

impl CheckSpec for Trace {
    const WORDS: &'static [&'static str] = &["trace"];
    const SCOPE: Scope = Scope::Mesh;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        reader.map(&entry.value, at, &["spans"]);
        let spans = reader.required(&entry.value, at, "spans", "spans: [frontend, backend]")?;
        let services = one_or_many(spans, &below(at, "spans"));
        Some(Self(services.into_iter().filter_map(|(field, node)| reader.text(node, &field)).collect()))
    }

    fn expected(&self) -> String {
        self.0.join(" → ")
    }

    fn needs(&self, needs: &mut Needs) {
        needs.trace = true;
    }

    fn replace_namespace(&mut self, namespace: &Namespace) {
        self.0.iter_mut().for_each(|service| *service = namespace.replace_in(service));
    }

    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        if let Some(why) = &evidence.untraced {
            return Finding::skipped(why);
        }
        let traces = evidence.traces.iter().filter(|(name, _)| of.is_none_or(|of| of == name.as_str()));
        let Some((id, spans)) = traces.map(|(_, trace)| trace).next() else {
            return Finding::fails("no trace", "no answer of the traffic names its trace");
        };
        if spans.is_empty() {
            return Finding::fails("no span", format!("no span of the trace {id} has arrived"));
        }
        let ids: BTreeSet<_> = spans.iter().map(|span| span.id.as_str()).collect();
        let is_root = |span: &&Span| span.parent.as_deref().is_none_or(|parent| !ids.contains(parent));
        let roots: Vec<_> = spans.iter().filter(is_root).collect();
        let order = first_met(spans, &roots);
        let observed = order.join(" → ");
        let mut why = Vec::new();
        let orphans: Vec<_> =
            roots.iter().filter(|span| span.parent.is_some()).map(|span| span.service.as_str()).collect();
        if !orphans.is_empty() {
            why.push(format!("the parents of the spans of {} are missing", orphans.join(", ")));
        } else if roots.len() > 1 {
            why.push(format!("it has {} roots", roots.len()));
        }
        let wanted = &self.0;
        if order != *wanted {
            let missing: Vec<_> = wanted.iter().filter(|service| !order.contains(&service.as_str())).cloned().collect();
            let more: Vec<_> = order.iter().filter(|service| !wanted.iter().any(|w| w == *service)).copied().collect();
            why.push(match (missing.is_empty(), more.is_empty()) {
                (false, _) => format!("there is no span of {}", missing.join(", ")),
                (true, false) => format!("there are spans of {}, too", more.join(", ")),
                (true, true) => "the order is another one".to_owned(),
            });
        }
        let about = format!("trace {id} with {} spans", spans.len());
        if why.is_empty() {
            return Finding::holds(observed, format!("{about}, one root, no orphan"));
        }
        Finding::fails(observed, format!("{about}: {}", why.join(", and ")))
    }
}

/// Returns the services in the order in which a walk down from the roots first visits them.
fn first_met<'a>(spans: &'a [Span], roots: &[&'a Span]) -> Vec<&'a str> {
    let mut children = BTreeMap::<&str, Vec<&Span>>::new();
    for span in spans {
        if let Some(parent) = &span.parent {
            children.entry(parent).or_default().push(span);
        }
    }
    let latest_first = |spans: &mut Vec<&Span>| spans.sort_by_key(|span| std::cmp::Reverse(span.start));
    children.values_mut().for_each(latest_first);
    let mut ahead = roots.to_vec();
    latest_first(&mut ahead);
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some(span) = ahead.pop() {
        // Do not visit a span twice if it claims to be its own ancestor.
        if !seen.insert(span.id.as_str()) {
            continue;
        }
        if !order.contains(&span.service.as_str()) {
            order.push(&span.service);
        }
        ahead.extend(children.get(span.id.as_str()).into_iter().flatten());
    }
    order
}
