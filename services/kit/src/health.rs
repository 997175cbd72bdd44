//! Readiness of the process, as the kubelet asks for it.
//!
//! Readiness depends on the process alone. If it looked at upstreams or collectors, one fault there would take every
//! service before it out of the load balancing too.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::faults::{Probe, Registry};

/// Reasons why the process is not ready. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    pending: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

impl Readiness {
    /// Keeps the process unready until the guard is dropped.
    pub fn block(&self, what: &'static str) -> BlockReady {
        *self.lock().entry(what).or_insert(0) += 1;
        BlockReady { readiness: self.clone(), what }
    }

    /// Reasons why the process is not ready, an active fault rule included. Empty when it is ready.
    pub fn pending(&self, faults: &Registry) -> Vec<String> {
        let mut pending: Vec<String> = self.lock().keys().map(|what| (*what).to_owned()).collect();
        pending.extend(faults.fails(Probe::Ready).map(|id| format!("fault {id}")));
        pending
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        // The map is whole between any two statements, so a panic elsewhere cannot have broken it.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the process unready until it is dropped.
#[derive(Debug)]
#[must_use = "the process is unready only as long as this lives"]
pub struct BlockReady {
    readiness: Readiness,
    what: &'static str,
}

impl Drop for BlockReady {
    fn drop(&mut self) {
        let mut pending = self.readiness.lock();
        if let Some(count) = pending.get_mut(self.what) {
            *count -= 1;
            if *count == 0 {
                pending.remove(self.what);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_unready_until_the_last_guard_is_gone() {
        let faults = Registry::new(crate::faults::FaultSettings::default());
        let readiness = Readiness::default();
        let (one, two, other) = (readiness.block("listeners"), readiness.block("listeners"), readiness.block("drain"));
        assert_eq!(readiness.pending(&faults), ["drain", "listeners"]);
        drop(one);
        drop(other);
        assert_eq!(readiness.pending(&faults), ["listeners"]);
        drop(two);
        assert!(readiness.pending(&faults).is_empty());
    }
}
