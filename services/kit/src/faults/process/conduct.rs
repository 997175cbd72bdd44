//! Carries out what the rules in force do to the process, and ends it with them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use meshwalk_faults::{Cores, Exit, Process};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    budget::{Budget, Share},
    burn::Burn,
    leak::Leak,
};
use crate::{
    faults::{Registry, active::Active},
    telemetry,
};

/// Carries out what rules do to the process. Clones carry out together.
#[derive(Debug, Clone)]
pub(crate) struct Conduct {
    registry: Registry,
    carried_out: Arc<Mutex<Vec<CarriedOut>>>,
    memory: Budget,
    cores: Budget,
    crash: Arc<watch::Sender<Option<Crash>>>,
}

/// A rule that has its effect.
#[derive(Debug)]
struct CarriedOut {
    rule: Arc<Active>,
    _effect: Effect,
}

/// What ends when it is dropped.
#[derive(Debug)]
enum Effect {
    None,
    Leak { _leak: Leak },
    Burn { _burn: Burn, _share: Share },
}

/// A crash that is due.
#[derive(Debug, Clone)]
pub(crate) struct Crash {
    rule: String,
    exit: Exit,
}

impl Crash {
    /// Ends the process, now.
    pub(crate) fn carry_out(self) -> ! {
        tracing::error!(fault = self.rule, exit = %self.exit, "crashing: an injected fault");
        telemetry::flush_logs();
        match self.exit {
            Exit::Code(code) => std::process::exit(code.into()),
            Exit::Abort => std::process::abort(),
        }
    }
}

impl Conduct {
    /// Nothing has its effect until [`Conduct::follow`].
    pub(crate) fn new(registry: Registry) -> Self {
        let limits = registry.limits();
        Self {
            registry,
            carried_out: Arc::default(),
            memory: Budget::new(limits.memory),
            cores: Budget::new(limits.cores.thousandths()),
            crash: Arc::new(watch::Sender::new(None)),
        }
    }

    /// Follows the rules: what they do begins and ends with them, also when their time comes.
    pub(crate) fn follow(&self) -> JoinHandle<()> {
        let conduct = self.clone();
        tokio::spawn(async move {
            let mut changes = conduct.registry.changes();
            loop {
                let next = conduct.settle().await;
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = until(next) => {}
                }
            }
        })
    }

    /// Makes what has its effect the same as what is in force. Returns the time at which that will change by itself.
    pub(crate) async fn settle(&self) -> Option<Instant> {
        let conduct = self.clone();
        // Giving memory back and waiting for threads takes milliseconds, which are not the requests' to lose.
        tokio::task::spawn_blocking(move || conduct.settle_now()).await.ok().flatten()
    }

    fn settle_now(&self) -> Option<Instant> {
        let mut carried_out = self.carried_out.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that the last to come sees the last change.
        let now = Instant::now();
        let rules = self.registry.about_the_process(now);
        carried_out.retain(|old| rules.iter().any(|rule| Arc::ptr_eq(rule, &old.rule)));
        for rule in &rules {
            if carried_out.iter().all(|old| !Arc::ptr_eq(rule, &old.rule)) {
                let _effect = self.begin(rule);
                carried_out.push(CarriedOut { rule: Arc::clone(rule), _effect });
            }
        }
        self.registry.next_turn(now)
    }

    fn begin(&self, rule: &Arc<Active>) -> Effect {
        let Some(process) = rule.process() else { return Effect::None };
        let begun = match process {
            Process::Leak(rate) => self.leak(*rate, rule),
            Process::Cpu(cores) => self.burn(*cores, rule),
            Process::Crash(exit) => {
                let crash = Crash { rule: rule.id.clone(), exit: *exit };
                self.crash.send_if_modified(|due| due.is_none() && due.replace(crash).is_none());
                Ok(Effect::None)
            }
            // These have their effect when somebody asks.
            Process::Unready
            | Process::NotLive
            | Process::SlowStart(_)
            | Process::IgnoreSigterm
            | Process::SlowDrain(_) => return Effect::None,
        };
        rule.tally.count_match();
        match begun {
            Ok(effect) => {
                rule.tally.count_fired();
                tracing::warn!(fault = rule.id, rule = rule.text, "injecting into the process");
                effect
            }
            Err(error) => {
                rule.tally.fail(error.to_string());
                Effect::None
            }
        }
    }

    fn leak(&self, rate: u64, rule: &Arc<Active>) -> std::io::Result<Effect> {
        let limit = self.registry.limits().memory;
        let capped = Arc::clone(rule);
        let capped = move || capped.tally.count_capped("--fault-max-memory");
        Leak::start(rate, limit, self.memory.share(), capped).map(|leak| Effect::Leak { _leak: leak })
    }

    fn burn(&self, cores: Cores, rule: &Active) -> std::io::Result<Effect> {
        let thousandths = cores.thousandths();
        let mut share = self.cores.share();
        let granted = share.grow(thousandths);
        if granted < thousandths {
            rule.tally.count_capped("--fault-max-cores");
        }
        Burn::start(granted).map(|burn| Effect::Burn { _burn: burn, _share: share })
    }

    /// Returns when a rule wants the process to crash.
    pub(crate) async fn crash(&self) -> Crash {
        let mut crash = self.crash.subscribe();
        loop {
            if let Some(crash) = crash.borrow_and_update().clone() {
                return crash;
            }
            if crash.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}
