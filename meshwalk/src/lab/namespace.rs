//! Moves labs to another namespace: the expectations of checks and the headers of requests.

use super::{Actions, Lab};
use crate::namespace::Namespace;

impl Namespace {
    /// Returns the lab for a workload in this namespace. Titles and explanations are unchanged.
    #[must_use]
    pub fn lab(&self, mut lab: Lab) -> Lab {
        if self.is_usual() {
            return lab;
        }
        self.adapt_actions(&mut lab.start);
        for step in &mut lab.steps {
            self.adapt_actions(&mut step.actions);
            step.traffic.iter_mut().for_each(|traffic| self.adapt_headers(&mut traffic.headers));
            step.during.iter_mut().for_each(|actions| self.adapt_actions(actions));
            if let Some(gate) = &mut step.gate {
                gate.checks.iter_mut().for_each(|check| check.kind.replace_namespace(self));
                self.adapt_actions(&mut gate.rollback);
            }
            step.expect.iter_mut().for_each(|check| check.kind.replace_namespace(self));
        }
        lab
    }

    fn adapt_actions(&self, actions: &mut Actions) {
        if let Some(wait) = &mut actions.wait {
            self.adapt_headers(&mut wait.headers);
            wait.until.iter_mut().for_each(|check| check.kind.replace_namespace(self));
        }
        if let Some(wait) = &mut actions.wait_metric {
            wait.query.replace_namespace(self);
        }
    }

    fn adapt_headers(&self, headers: &mut [(String, String)]) {
        headers.iter_mut().for_each(|(_, value)| *value = self.replace_in(value));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        checks::{Check, CheckKind},
        lab::select,
    };

    #[test]
    fn a_lab_expects_the_identities_spans_and_labels_of_the_namespace() {
        let project = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let two = Namespace::named("two").unwrap();
        let labs = select(project, &project.join("labs"), &["mutual-tls".into(), "fault-injection".into()]);
        let labs: Vec<_> = labs.unwrap().into_iter().map(|lab| two.lab(lab)).collect();
        let checks: Vec<_> = labs.iter().flat_map(|lab| &lab.steps).flat_map(|step| &step.expect).collect();
        let peer = |check: &&Check| if let CheckKind::Peer(peer) = &check.kind { peer.0.clone() } else { None };
        let peers: Vec<_> = checks.iter().filter_map(peer).collect();
        assert!(!peers.is_empty() && peers.iter().all(|peer| peer.starts_with("spiffe://cluster.local/ns/two/sa/")));
        let spans = checks
            .iter()
            .find_map(|c| if let CheckKind::Trace(trace) = &c.kind { Some(&trace.0) } else { None })
            .unwrap();
        let wanted = ["istio-ingressgateway.istio-system", "frontend.two", "frontend", "backend.two", "backend"];
        assert_eq!(spans[..], wanted);
        let principal = checks.iter().find_map(|check| match &check.kind {
            CheckKind::Metric(wanted) => wanted.query.labels.get("source_principal").cloned(),
            _ => None,
        });
        assert_eq!(principal.as_deref(), Some("spiffe://cluster.local/ns/two/sa/unauthorized"));
    }
}
