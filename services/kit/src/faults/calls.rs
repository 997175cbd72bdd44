//! Faults of the client's side: what happens to the calls that a request makes.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use http::StatusCode;

use super::{
    InjectedFault, InjectionLog, Registry,
    active_rule::ActiveRule,
    effect::Verdict,
    plan::{Decided, Plan},
    request_view::OwnedRequest,
};
use crate::hello::{Failure, FailureKind};

/// What comes of a call: a status and a body, or no answer.
pub(crate) type Outcome = Result<(StatusCode, Bytes), Failure>;

/// Decides about the calls of one request. In its extensions, if a rule may be about one.
#[derive(Debug)]
pub(crate) struct Calls {
    registry: Registry,
    inline_rules: Option<Arc<[ActiveRule]>>,
    asked: OwnedRequest,
    log: InjectionLog,
    drop_headers: bool,
}

impl Calls {
    /// `drop_headers` is what the request's own plan says of all its calls.
    pub(super) fn new(
        registry: Registry,
        inline_rules: Option<Arc<[ActiveRule]>>,
        asked: OwnedRequest,
        log: InjectionLog,
        drop_headers: bool,
    ) -> Self {
        Self { registry, inline_rules, asked, log, drop_headers }
    }

    /// What happens to a call to an upstream. The log knows of it from now on.
    pub(crate) fn to(&self, upstream: &str) -> CallFaults {
        let inline_rules = self.inline_rules.as_deref().unwrap_or_default();
        let plan = self.registry.plan(self.asked.call_to(upstream), inline_rules);
        if !plan.is_empty() {
            tracing::debug!(upstream, faults = %plan.injected, "injecting into a call");
        }
        let faults = plan.injected.faults.clone();
        let first = self.log.note(plan.injected.clone());
        let drop_headers = self.drop_headers || plan.drop_headers;
        CallFaults { plan, faults, drop_headers, first, log: self.log.clone(), registry: self.registry.clone() }
    }
}

/// What happens to one call.
#[derive(Debug)]
pub(crate) struct CallFaults {
    plan: Plan,
    /// Every fault of the call, for its span and its log line.
    pub(crate) faults: Vec<InjectedFault>,
    /// Whether it is made without the headers of the trace.
    pub(crate) drop_headers: bool,
    /// Where the plan's faults stand in the log.
    first: usize,
    log: InjectionLog,
    registry: Registry,
}

impl CallFaults {
    /// Makes the call, or what takes its place. Delays are part of it, as those of a slow network are, so the caller's
    /// timeout bounds them.
    pub(crate) async fn around(self, call: impl Future<Output = Outcome>) -> Outcome {
        self.plan.before.pass(&self.log, self.first).await;
        let outcome = match self.plan.verdict {
            None => call.await,
            Some(Decided { verdict: Verdict::Answer { status, .. }, .. }) => {
                Ok((status, Bytes::from_static(b"injected fault: the call was not made")))
            }
            Some(Decided { verdict: Verdict::Reset, .. }) => Err(broken("reset")),
            Some(hang @ Decided { verdict: Verdict::Hang, .. }) => {
                match hang.hang(self.registry.limits().hang, &self.log, self.first).await {
                    true => call.await,
                    false => Err(broken("closed after it hung for as long as a fault may let it")),
                }
            }
        };
        self.plan.after.pass(&self.log, self.first).await;
        outcome
    }
}

fn broken(how: &str) -> Failure {
    Failure { kind: FailureKind::Reset, detail: format!("injected fault: the connection was {how}; no call was made") }
}
