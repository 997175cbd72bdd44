//! Starts and stops the faults of the process as rules come and go.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use meshwalk_faults::{Cores, Exit};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    budget::{Budget, Share},
    burn::Burn,
    leak::Leak,
};
use crate::{
    faults::{Registry, active_rule::ActiveRule, modes::ProcessFault},
    telemetry,
};

/// Faults of the process that are in effect. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct ProcessFaults {
    registry: Registry,
    started: Arc<Mutex<Vec<StartedRule>>>,
    memory: Budget,
    cores: Budget,
    crash: Arc<watch::Sender<Option<Crash>>>,
}

/// A rule whose effect has started.
#[derive(Debug)]
struct StartedRule {
    rule: Arc<ActiveRule>,
    _effect: Effect,
}

/// An effect that stops when this value is dropped.
#[derive(Debug)]
enum Effect {
    None,
    Leak { _leak: Leak },
    Burn { _burn: Burn, _share: Share },
}

/// A crash that a rule asks for.
#[derive(Debug, Clone)]
pub(crate) struct Crash {
    rule: String,
    exit: Exit,
}

impl Crash {
    /// Exits or aborts the process.
    pub(crate) fn carry_out(self) -> ! {
        tracing::error!(fault = self.rule, exit = %self.exit, "crashing: an injected fault");
        telemetry::flush_logs();
        match self.exit {
            Exit::Code(code) => std::process::exit(code.into()),
            Exit::Abort => std::process::abort(),
        }
    }
}

impl ProcessFaults {
    /// No effect starts before [`ProcessFaults::follow`].
    pub(crate) fn new(registry: Registry) -> Self {
        let limits = registry.limits();
        Self {
            registry,
            started: Arc::default(),
            memory: Budget::new(limits.memory),
            cores: Budget::new(limits.cores.thousandths()),
            crash: Arc::new(watch::Sender::new(None)),
        }
    }

    /// Spawns a task that starts and stops effects when rules change, begin or expire.
    pub(crate) fn follow(&self) -> JoinHandle<()> {
        let process_faults = self.clone();
        tokio::spawn(async move {
            let mut changes = process_faults.registry.changes();
            loop {
                let next = process_faults.settle().await;
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = until(next) => {}
                }
            }
        })
    }

    /// Starts and stops effects to match the active rules. Returns the time at which a rule next begins or expires.
    pub(crate) async fn settle(&self) -> Option<Instant> {
        let process_faults = self.clone();
        // Freeing memory and joining threads takes milliseconds; keep that off the threads that serve requests.
        tokio::task::spawn_blocking(move || process_faults.settle_now()).await.ok().flatten()
    }

    fn settle_now(&self) -> Option<Instant> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        // Read the rules under the lock: the last caller must see the last change.
        let now = Instant::now();
        let rules = self.registry.about_the_process(now);
        started.retain(|old| rules.iter().any(|rule| Arc::ptr_eq(rule, &old.rule)));
        for rule in &rules {
            if started.iter().all(|old| !Arc::ptr_eq(rule, &old.rule)) {
                let _effect = self.begin(rule);
                started.push(StartedRule { rule: Arc::clone(rule), _effect });
            }
        }
        self.registry.next_turn(now)
    }

    fn begin(&self, rule: &Arc<ActiveRule>) -> Effect {
        let Some(fault) = rule.process_fault() else { return Effect::None };
        let begun = match fault {
            ProcessFault::Leak(rate) => self.leak(rate, rule),
            ProcessFault::Burn(cores) => self.burn(cores, rule),
            ProcessFault::Crash(exit) => {
                let crash = Crash { rule: rule.id.clone(), exit };
                self.crash.send_if_modified(|due| due.is_none() && due.replace(crash).is_none());
                Ok(Effect::None)
            }
            // Probes, signals, the port and the shutdown query these.
            ProcessFault::FailProbes
            | ProcessFault::ClosePort
            | ProcessFault::IgnoreSigterm
            | ProcessFault::DelayExit(_) => return Effect::None,
        };
        rule.stats.count_match();
        match begun {
            Ok(effect) => {
                rule.stats.count_fired();
                tracing::warn!(fault = rule.id, rule = rule.text, "injecting into the process");
                effect
            }
            Err(error) => {
                rule.stats.fail(error.to_string());
                Effect::None
            }
        }
    }

    fn leak(&self, rate: u64, rule: &Arc<ActiveRule>) -> std::io::Result<Effect> {
        let limit = self.registry.limits().memory;
        let capped = Arc::clone(rule);
        let capped = move || capped.stats.count_capped("--fault-max-memory");
        Leak::start(rate, limit, self.memory.share(), capped).map(|leak| Effect::Leak { _leak: leak })
    }

    fn burn(&self, cores: Cores, rule: &ActiveRule) -> std::io::Result<Effect> {
        let thousandths = cores.thousandths();
        let mut share = self.cores.share();
        let granted = share.grow(thousandths);
        if granted < thousandths {
            rule.stats.count_capped("--fault-max-cores");
        }
        Burn::start(granted).map(|burn| Effect::Burn { _burn: burn, _share: share })
    }

    /// Waits until a rule asks for a crash.
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
