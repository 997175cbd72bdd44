//! How the effects of several rules become one plan.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;
use meshwalk_faults::When;

use super::{
    active_rule::ActiveRule,
    effect::{Effect, Shape, Verdict},
    injection_log::{Injected, InjectedFault, milliseconds},
    plan::{Decided, Plan, Shaping, Wait},
    request_view::RequestView,
};

/// What a client is told to wait before it tries again, where the rule's end is not known.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Combines the effects of rules, which it is given in their order, into a plan.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    /// Whose call it is about; nothing for a request.
    upstream: Option<&'a str>,
    now: Instant,
    /// What the cap on the sum of delays still allows.
    allowed: Duration,
    /// Those whose effect a cap cut short.
    capped: Vec<&'a ActiveRule>,
    /// What the cap on the sum of processor time still allows.
    allowed_work: Duration,
    work: Vec<(&'a ActiveRule, Duration)>,
    before: Vec<(&'a ActiveRule, Duration)>,
    after: Vec<(&'a ActiveRule, Duration)>,
    verdict: Option<(&'a ActiveRule, Verdict)>,
    drop_headers: Option<&'a ActiveRule>,
    /// By kind.
    shapes: [Option<(&'a ActiveRule, Shape)>; 5],
}

impl<'a> Planner<'a> {
    /// A planner whose delays add up to `longest` at most.
    pub(super) fn new(upstream: Option<&'a str>, longest: Duration, now: Instant) -> Self {
        Self {
            upstream,
            now,
            allowed: longest,
            capped: Vec::new(),
            allowed_work: longest,
            work: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            verdict: None,
            drop_headers: None,
            shapes: [None; 5],
        }
    }

    /// Holds the request against a rule, which draws for itself whatever the others do.
    pub(super) fn take(&mut self, active: &'a ActiveRule, view: RequestView<'_>) {
        match active.consider(view, self.now) {
            // What comes second here stays without effect, and takes none of the times that its rule may fire.
            Some(Effect::Decide(_)) if self.verdict.is_some() => {}
            Some(Effect::DropHeaders) if self.drop_headers.is_some() => {}
            Some(Effect::Shape(shape)) if self.shapes[shape.place()].is_some() => {}
            Some(_) if !active.claim() => {}
            None => {}
            Some(Effect::Delay(when, delay)) => {
                let granted = delay.min(self.allowed);
                self.allowed -= granted;
                self.capped.extend((granted < delay).then_some(active));
                let delays = if when == When::Before { &mut self.before } else { &mut self.after };
                delays.push((active, granted));
            }
            Some(Effect::Work(time)) => {
                let granted = time.min(self.allowed_work);
                self.allowed_work -= granted;
                self.capped.extend((granted < time).then_some(active));
                self.work.push((active, granted));
            }
            Some(Effect::DropHeaders) => self.drop_headers = Some(active),
            Some(Effect::Shape(shape)) => self.shapes[shape.place()] = Some((active, shape)),
            Some(Effect::Decide(verdict)) => self.verdict = Some((active, verdict)),
        }
    }

    /// The plan. What cannot happen any more, because no answer comes, is left out, and not counted as fired.
    pub(super) fn close(mut self) -> Plan {
        let answered = !matches!(self.verdict, Some((_, Verdict::Reset | Verdict::Hang)));
        let mut plan = Plan::default();
        let fault = |active: &ActiveRule| {
            active.stats.count_fired();
            let capped = self.capped.iter().any(|cut| std::ptr::eq(*cut, active));
            if capped {
                active.stats.count_capped("--fault-max-delay");
            }
            let rule = active.text.clone();
            InjectedFault { rule, capped, ..InjectedFault::new(&active.id, active.mode_name(), self.upstream) }
        };
        for (active, delay) in self.before {
            let fault = InjectedFault { delay_ms: Some(milliseconds(delay)), ..fault(active) };
            plan.before.0.push(wait(active, delay, &mut plan.injected, fault));
        }
        for (active, time) in self.work {
            let fault = InjectedFault { cpu_ms: Some(milliseconds(time)), ..fault(active) };
            plan.work.0.push(wait(active, time, &mut plan.injected, fault));
        }
        match self.drop_headers {
            Some(active) if self.verdict.is_some() => active.give_back(),
            Some(active) => {
                plan.injected.faults.push(fault(active));
                plan.drop_headers = true;
            }
            None => {}
        }
        if let Some((active, verdict)) = self.verdict {
            let verdict = with_retry_after(verdict, active, self.now);
            let mut fault = fault(active);
            if let Verdict::Answer { status, .. } = verdict {
                fault.status = Some(status.as_u16());
                plan.injected.status = self.upstream.is_none().then_some(status);
            }
            let position = plan.injected.faults.len();
            plan.injected.faults.push(fault);
            let (lifetime, stats) = (active.lifetime(), Arc::clone(&active.stats));
            plan.verdict = Some(Decided { verdict, position, lifetime, stats });
        }
        if !answered {
            let shapes = std::mem::take(&mut self.shapes).into_iter().flatten().map(|(active, _)| active);
            let after = self.after.drain(..).map(|(active, _)| active);
            after.chain(shapes).for_each(ActiveRule::give_back);
        }
        for (active, delay) in self.after {
            let fault = InjectedFault { delay_ms: Some(milliseconds(delay)), at: Some("after"), ..fault(active) };
            plan.after.0.push(wait(active, delay, &mut plan.injected, fault));
        }
        for (active, shape) in self.shapes.into_iter().flatten() {
            let mut fault = fault(active);
            match shape {
                Shape::Size(bytes) => fault.bytes = Some(bytes),
                Shape::Drip(rate) => fault.bytes_per_s = Some(rate),
                Shape::Corrupt { .. } | Shape::Truncate | Shape::Close => {}
            }
            plan.injected.faults.push(fault);
            plan.shapes.push(Shaping { shape, lifetime: active.lifetime(), stats: Arc::clone(&active.stats) });
        }
        plan
    }
}

fn wait(active: &ActiveRule, delay: Duration, injected: &mut Injected, fault: InjectedFault) -> Wait {
    injected.faults.push(fault);
    Wait { delay, position: injected.faults.len() - 1, lifetime: active.lifetime() }
}

/// Says when to come again where a client expects it: RFC 9110 section 10.2.3 for 503, RFC 6585 section 4 for 429.
fn with_retry_after(verdict: Verdict, active: &ActiveRule, now: Instant) -> Verdict {
    match verdict {
        Verdict::Answer {
            status: status @ (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS),
            retry_after: None,
        } => Verdict::Answer { status, retry_after: Some(active.remaining(now).unwrap_or(RETRY_AFTER)) },
        other => other,
    }
}
