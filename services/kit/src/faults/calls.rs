//! Faults of the calls that a request makes.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use http::StatusCode;

use super::{
    InjectedFault, InjectionLog, Registry,
    active_rule::ActiveRule,
    modes::Effect,
    plan::{Injection, Verdict},
    request_view::OwnedRequest,
};
use crate::call_failure::{Failure, FailureKind};

/// Result of a call: a status and a body, or a failure.
pub(crate) type Outcome = Result<(StatusCode, Bytes), Failure>;

/// Plans the faults of the calls of one request. Stored in its extensions if a rule may be about one.
#[derive(Debug)]
pub(crate) struct Calls {
    registry: Registry,
    inline_rules: Option<Arc<[ActiveRule]>>,
    request: OwnedRequest,
    log: InjectionLog,
    effects: Vec<Effect>,
}

impl Calls {
    /// `effects` are those of the request's own plan, which apply to all its calls.
    pub(super) fn new(
        registry: Registry,
        inline_rules: Option<Arc<[ActiveRule]>>,
        request: OwnedRequest,
        log: InjectionLog,
        effects: Vec<Effect>,
    ) -> Self {
        Self { registry, inline_rules, request, log, effects }
    }

    /// Plans the faults of a call to an upstream, and records them.
    pub(crate) fn to(&self, upstream: &str) -> CallFaults {
        let inline_rules = self.inline_rules.as_deref().unwrap_or_default();
        let plan = self.registry.plan(self.request.call_to(upstream), inline_rules);
        if !plan.is_empty() {
            tracing::debug!(upstream, faults = %plan.injected, "injecting into a call");
        }
        CallFaults {
            faults: plan.injected.faults.clone(),
            effects: self.effects.iter().copied().chain(plan.call_effects()).collect(),
            injection: plan.start(self.registry.clone(), self.log.clone()),
        }
    }
}

/// Faults of one call.
#[derive(Debug)]
pub(crate) struct CallFaults {
    injection: Injection,
    /// Faults of the call, for its span and its log line.
    pub(crate) faults: Vec<InjectedFault>,
    /// Effects on the call as it is made.
    effects: Vec<Effect>,
}

impl CallFaults {
    /// True if a fault has this effect on the call.
    pub(crate) fn has(&self, effect: Effect) -> bool {
        self.effects.contains(&effect)
    }

    /// Makes the call with its faults. Delays are part of it, as those of a slow network are: the caller's timeout bounds
    /// them.
    pub(crate) async fn around(mut self, call: impl Future<Output = Outcome>) -> Outcome {
        let outcome = match self.injection.begin().await {
            Verdict::Proceed => call.await,
            Verdict::Answer { status, .. } => {
                Ok((status, Bytes::from_static(b"injected fault: the call was not made")))
            }
            Verdict::Reset => Err(broken("reset")),
            Verdict::Close => Err(broken("closed after it hung for as long as a fault may let it")),
        };
        self.injection.finish().await;
        outcome
    }
}

fn broken(how: &str) -> Failure {
    Failure { kind: FailureKind::Reset, detail: format!("injected fault: the connection was {how}; no call was made") }
}
