//! What all rules together may take of the host.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// An amount that several rules share: bytes, or thousandths of a core. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    left: Arc<AtomicU64>,
}

/// A part of a budget, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    amount: u64,
}

impl Budget {
    pub(super) fn new(amount: u64) -> Self {
        Self { left: Arc::new(AtomicU64::new(amount)) }
    }

    /// Nothing yet.
    pub(super) fn share(&self) -> Share {
        Share { budget: self.clone(), amount: 0 }
    }
}

impl Share {
    /// Takes more, as far as there is more, and says how much it has in all.
    pub(super) fn grow(&mut self, more: u64) -> u64 {
        let take = |left: u64| Some(left - left.min(more));
        // The closure never refuses, so both arms hold what was left before.
        let left = self.budget.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).unwrap_or_else(|left| left);
        self.amount += left.min(more);
        self.amount
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.amount, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_exceed_the_budget_and_come_back() {
        let budget = Budget::new(100);
        let (mut one, mut two) = (budget.share(), budget.share());
        assert_eq!((one.grow(60), two.grow(60)), (60, 40));
        assert_eq!(one.grow(1), 60);
        drop(two);
        assert_eq!(one.grow(u64::MAX), 100);
        drop(one);
        assert_eq!(budget.share().grow(100), 100);
    }

    #[test]
    fn many_at_once_take_no_more_than_there_is() {
        let budget = Budget::new(1000);
        let taken: u64 = std::thread::scope(|scope| {
            let takers: Vec<_> = (0..4)
                .map(|_| {
                    let mut share = budget.share();
                    scope.spawn(move || {
                        let all = (0..1000).map(|_| share.grow(1)).max().unwrap();
                        (all, share)
                    })
                })
                .collect();
            let shares: Vec<_> = takers.into_iter().map(|taker| taker.join().unwrap()).collect();
            shares.iter().map(|(all, _)| all).sum()
        });
        assert_eq!(taken, 1000);
        assert_eq!(budget.share().grow(2000), 1000);
    }
}
