//! What all rules together do to one request, or to one call to an upstream.

use std::time::{Duration, Instant};

use http::StatusCode;

use super::{
    active::Active,
    effect::{Effect, Verdict, When},
    process::Processors,
    subject::Subject,
    tether::Tether,
    truth::{Injected, InjectedFault, Ledger, milliseconds},
};

/// What a client is told to wait before it tries again, where the rule's end is not known.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What happens to one request or call, step by step. The rules that fired are counted when it is made.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// First these delays,
    pub(super) before: Waits,
    /// then so much processor time,
    pub(super) work: Work,
    /// then this instead of the work,
    pub(super) verdict: Option<Decided>,
    /// then these delays, where there is an answer.
    pub(super) after: Waits,
    /// The ground truth of all that. Its first faults are the delays before.
    pub(super) injected: Injected,
}

/// A verdict and the rule that gave it.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) verdict: Verdict,
    pub(super) tether: Tether,
}

impl Plan {
    /// Whether nothing at all happens.
    pub(super) fn is_empty(&self) -> bool {
        self.injected.faults.is_empty()
    }
}

/// Delays of several rules, which are waited for one after the other.
#[derive(Debug, Default)]
pub(super) struct Waits(Vec<Wait>);

#[derive(Debug)]
struct Wait {
    delay: Duration,
    /// At which position of the plan's faults it stands.
    position: usize,
    tether: Tether,
}

impl Waits {
    /// Waits. Each delay ends early when its rule is taken out of force, and the ledger then says how long it was; the
    /// plan's faults stand there from `first` on.
    pub(super) async fn pass(self, ledger: &Ledger, first: usize) {
        let began = Instant::now();
        let mut due = began;
        for Wait { delay, position, mut tether } in self.0 {
            let from = due;
            due += delay;
            tokio::select! {
                // Whoever is gone already is not waited for, not even until the next tick of the timer.
                biased;
                () = tether.removed() => {
                    due = Instant::now().clamp(from, due);
                    ledger.shorten(first + position, due - from);
                }
                () = tokio::time::sleep_until(due.into()) => {}
            }
        }
    }
}

/// Processor time that several rules ask for.
#[derive(Debug, Default)]
pub(super) struct Work(Vec<Wait>);

impl Work {
    /// Uses it up. The ledger then says how much it was; the plan's faults stand there from `first` on.
    pub(super) async fn pass(self, processors: &Processors, ledger: &Ledger, first: usize) {
        for Wait { delay, position, tether } in self.0 {
            let used = processors.use_up(delay, tether).await;
            ledger.worked(first + position, used);
        }
    }
}

/// Combines the effects of rules, which it is given in their order, into a plan.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    /// Whose call it is about; nothing for a request.
    upstream: Option<&'a str>,
    now: Instant,
    /// What the cap on the sum of delays still allows.
    allowed: Duration,
    /// Those whose effect a cap cut short.
    capped: Vec<&'a Active>,
    /// What the cap on the sum of processor time still allows.
    allowed_work: Duration,
    work: Vec<(&'a Active, Duration)>,
    before: Vec<(&'a Active, Duration)>,
    after: Vec<(&'a Active, Duration)>,
    verdict: Option<(&'a Active, Verdict)>,
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
        }
    }

    /// Holds the request against a rule, which draws for itself whatever the others do.
    pub(super) fn take(&mut self, active: &'a Active, subject: Subject<'_>) {
        match active.consider(subject, self.now) {
            // A later verdict stays without effect, and takes none of the times that its rule may fire.
            Some(Effect::Decide(_)) if self.verdict.is_some() => {}
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
            Some(Effect::Decide(verdict)) => self.verdict = Some((active, verdict)),
        }
    }

    /// The plan. What cannot happen any more, because no answer comes, is left out, and not counted as fired.
    pub(super) fn close(mut self) -> Plan {
        let answered = !matches!(self.verdict, Some((_, Verdict::Reset | Verdict::Hang)));
        let mut plan = Plan::default();
        let fault = |active: &Active| {
            active.count_fired();
            let capped = self.capped.iter().any(|cut| std::ptr::eq(*cut, active));
            if capped {
                active.count_capped();
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
        if let Some((active, verdict)) = self.verdict {
            let verdict = with_retry_after(verdict, active, self.now);
            let mut fault = fault(active);
            if let Verdict::Answer { status, .. } = verdict {
                fault.status = Some(status.as_u16());
                plan.injected.status = Some(status);
            }
            plan.injected.faults.push(fault);
            plan.verdict = Some(Decided { verdict, tether: active.tether() });
        }
        if !answered {
            self.after.drain(..).for_each(|(active, _)| active.give_back());
        }
        for (active, delay) in self.after {
            let fault = InjectedFault { delay_ms: Some(milliseconds(delay)), at: Some("after"), ..fault(active) };
            plan.after.0.push(wait(active, delay, &mut plan.injected, fault));
        }
        plan
    }
}

fn wait(active: &Active, delay: Duration, injected: &mut Injected, fault: InjectedFault) -> Wait {
    injected.faults.push(fault);
    Wait { delay, position: injected.faults.len() - 1, tether: active.tether() }
}

/// Says when to come again where a client expects it: RFC 9110 section 10.2.3 for 503, RFC 6585 section 4 for 429.
fn with_retry_after(verdict: Verdict, active: &Active, now: Instant) -> Verdict {
    match verdict {
        Verdict::Answer {
            status: status @ (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS),
            retry_after: None,
        } => Verdict::Answer { status, retry_after: Some(active.remaining(now).unwrap_or(RETRY_AFTER)) },
        other => other,
    }
}
