//! Labs for another namespace than the one that they name: what their checks expect and their requests say.

use super::{Namespace, USUAL};
use crate::lab::{Actions, Check, Kind, Lab, MetricQuery, Term};

impl Namespace {
    /// A lab as it is meant for a workload in this namespace. What it tells stays as its author wrote it.
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
                gate.checks.iter_mut().for_each(|check| self.adapt_check(check));
                self.adapt_actions(&mut gate.rollback);
            }
            step.expect.iter_mut().for_each(|check| self.adapt_check(check));
        }
        lab
    }

    fn adapt_actions(&self, actions: &mut Actions) {
        if let Some(wait) = &mut actions.wait {
            self.adapt_headers(&mut wait.headers);
            wait.until.iter_mut().for_each(|check| self.adapt_check(check));
        }
        if let Some(wait) = &mut actions.wait_metric {
            self.adapt_query(&mut wait.query);
        }
    }

    fn adapt_headers(&self, headers: &mut [(String, String)]) {
        headers.iter_mut().for_each(|(_, value)| *value = self.put_into(value));
    }

    fn adapt_check(&self, check: &mut Check) {
        match &mut check.kind {
            Kind::Peer(Some(peer)) => *peer = self.put_into(peer),
            Kind::Trace(services) => services.iter_mut().for_each(|service| *service = self.put_into(service)),
            Kind::Metric(wanted) => self.adapt_query(&mut wanted.query),
            Kind::AddsUp(sums) => {
                for term in sums.left.iter_mut().chain(&mut sums.right) {
                    if let Term::Metric(query) = term {
                        self.adapt_query(query);
                    }
                }
            }
            _ => {}
        }
    }

    fn adapt_query(&self, query: &mut MetricQuery) {
        for (label, value) in &mut query.labels {
            // As `destination_workload_namespace`.
            *value = if label.ends_with("namespace") && value == USUAL {
                self.name().to_owned()
            } else {
                self.put_into(value)
            };
        }
    }
}
