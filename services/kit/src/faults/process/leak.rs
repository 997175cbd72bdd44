//! Memory that grows.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use meshwalk_faults::ByteCount;

use super::budget::Share;

/// How often memory is taken.
const TICK: Duration = Duration::from_millis(50);

/// The least address space that is reserved, in bytes. Allocators map a piece of this size by itself (glibc's threshold
/// grows to 32 MiB, mallopt(3)), so free() returns the memory to the system at once.
const LEAST_RESERVE: usize = 64 << 20;

/// Memory that grows until this is dropped, which returns all of it.
#[derive(Debug)]
pub(super) struct Leak {
    /// Dropped first, which ends the thread.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Leak {
    /// Takes `rate` bytes a second out of a share of the budget for memory, which is `limit` bytes in all. `capped` is
    /// called once, when there is no more.
    ///
    /// # Errors
    /// No thread could be started, or the address space is used up.
    pub(super) fn start(
        rate: u64,
        limit: u64,
        share: Share,
        capped: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Self> {
        let mut held = Vec::new();
        let reserve = usize::try_from(limit).unwrap_or(usize::MAX).max(LEAST_RESERVE);
        held.try_reserve_exact(reserve).map_err(|error| {
            let reserve = ByteCount(reserve as u64);
            std::io::Error::other(format!("{reserve} of memory cannot be had ({error}); lower --fault-max-memory"))
        })?;
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("fault-leak".into())
            .spawn(move || grow(rate, held, share, &stopped, capped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

fn grow(rate: u64, mut held: Vec<u8>, mut share: Share, stopped: &mpsc::Receiver<()>, capped: impl FnOnce()) {
    let began = Instant::now();
    let mut capped = Some(capped);
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(TICK) {
        // Reckoned from the beginning, so that late ticks lose nothing.
        let due = due(rate, began.elapsed());
        let granted = share.grow(due.saturating_sub(held.len() as u64));
        // Writing makes the pages resident; reserved memory alone costs the host nothing.
        held.resize(usize::try_from(granted).unwrap_or(usize::MAX).min(held.capacity()), 1);
        if granted < due
            && let Some(capped) = capped.take()
        {
            capped();
        }
    }
}

/// Number of bytes to hold after this time.
fn due(rate: u64, elapsed: Duration) -> u64 {
    (elapsed.as_secs_f64() * rate as f64) as u64
}

impl Drop for Leak {
    /// Returns when the memory is free.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has no reason to panic, and if it did, its memory is free too.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::{super::budget::Budget, *};

    #[test]
    fn what_is_held_is_the_rate_times_the_time() {
        for (rate, millis, bytes) in [(1 << 20, 1000, 1 << 20), (10 << 20, 1500, 15 << 20), (1, 999, 0), (1000, 50, 50)]
        {
            assert_eq!(due(rate, Duration::from_millis(millis)), bytes);
        }
    }

    #[test]
    fn memory_is_not_taken_before_its_time() {
        // Shares of one budget: what another can still have tells how much the leak has.
        let (rate, all, most) = (8 << 20, 64 << 20, 1 << 20);
        let budget = Budget::new(all);
        let began = Instant::now();
        let _leak = Leak::start(rate, all, budget.share(), || ()).unwrap();
        while budget.share().grow(all) > all - most {
            assert!(began.elapsed() < Duration::from_secs(30), "the leak takes nothing");
            thread::sleep(Duration::from_millis(5));
        }
        assert!(began.elapsed() >= Duration::from_secs(1) / 8, "1 MiB at 8 MiB/s after {:?}", began.elapsed());
    }

    #[test]
    fn memory_grows_to_the_cap_says_so_and_goes_back() {
        let budget = Budget::new(3 << 20);
        let (capped, told) = channel();
        let leak = Leak::start(1 << 30, 3 << 20, budget.share(), move || capped.send(()).unwrap()).unwrap();
        told.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(budget.share().grow(1), 0, "all of the budget is taken");
        drop(leak);
        assert_eq!(budget.share().grow(u64::MAX), 3 << 20, "all of it is back");
    }
}
