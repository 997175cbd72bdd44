//! Under which names rules are counted, so that rules that come and go do not make the metrics grow without end.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// How many rules with an id of their own, and as many without one, have a series of their own.
pub(super) const OWN: usize = 500;

/// Name of all later rules. The mode and `/faults` tell them apart.
pub(super) const OTHERS: &str = "other";

/// Name of all inline rules: callers choose their ids.
pub(super) const INJECTED: &str = "inject";

/// The series that there are. A series stays when its rule has gone, because a counter that vanishes loses what was
/// counted since the last scrape; so those that may come are counted instead.
#[derive(Debug, Default)]
pub(super) struct Series(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Of rules with an id of their own, which may come again.
    named: HashSet<(String, &'static str)>,
    /// How many there are of rules without one. None of their ids comes again.
    numbered: usize,
    told: bool,
}

impl Series {
    /// The name under which a rule is counted that fires for the first time. Rules with an id of their own and those
    /// without one do not take the places of each other.
    pub(super) fn name(&self, id: &str, is_own: bool, mode: &'static str) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (id.to_owned(), mode);
        if is_own && known.named.contains(&key) {
            return key.0;
        }
        let taken = if is_own { known.named.len() } else { known.numbered };
        if taken >= OWN {
            if !std::mem::replace(&mut known.told, true) {
                tracing::warn!(fault = id, most = OWN, counted_as = OTHERS, "further rules are counted together");
            }
            return OTHERS.to_owned();
        }
        if is_own {
            known.named.insert(key.clone());
        } else {
            known.numbered += 1;
        }
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_come_again_keep_their_series_when_there_is_room_for_no_other() {
        let series = Series::default();
        for number in 0..OWN {
            assert_eq!(series.name(&format!("n{number}"), true, "error"), format!("n{number}"));
        }
        assert_eq!(series.name("late", true, "error"), OTHERS);
        assert_eq!(series.name("n0", true, "latency"), OTHERS, "another mode is another series");
        assert_eq!(series.name("n0", true, "error"), "n0");
        assert_eq!(
            series.name("r1", false, "error"),
            "r1",
            "those without an id of their own have places of their own"
        );
    }
}
