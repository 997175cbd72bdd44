//! Processor time that is used up.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// How long a part of a core works and rests together.
const CYCLE: Duration = Duration::from_millis(10);

/// Threads that work for nothing until this is dropped.
#[derive(Debug)]
pub(super) struct Burn {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Burn {
    /// Keeps this many thousandths of a core busy: a thread for each whole core, and one that works part of its time.
    ///
    /// # Errors
    /// No thread could be started.
    pub(super) fn start(thousandths: u64) -> std::io::Result<Self> {
        let mut burn = Self { stop: Arc::default(), threads: Vec::new() };
        let parts = (0..thousandths / 1000).map(|_| 1000).chain([thousandths % 1000]).filter(|part| *part > 0);
        for part in parts {
            let stop = Arc::clone(&burn.stop);
            let work = move || while !cycle(part, &stop) {};
            // Those that run already end with `burn`.
            burn.threads.push(thread::Builder::new().name("fault-cpu".into()).spawn(work)?);
        }
        Ok(burn)
    }
}

impl Drop for Burn {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Works for a part of a cycle and rests for the remainder. Whether it was stopped.
fn cycle(thousandths: u64, stop: &AtomicBool) -> bool {
    let began = Instant::now();
    let work = CYCLE * u32::try_from(thousandths).unwrap_or(1000) / 1000;
    while began.elapsed() < work {
        if stop.load(Ordering::Relaxed) {
            return true;
        }
        spin();
    }
    thread::sleep(CYCLE.saturating_sub(began.elapsed().max(work)));
    stop.load(Ordering::Relaxed)
}

/// Uses up so much processor time of this thread, or until it is stopped. It is the time of the thread and not that of
/// the clock, so that a request costs the same however busy the machine is, as work does. Returns how much it was.
pub(super) fn use_up(time: Duration, stop: &AtomicBool) -> Duration {
    let begin = thread_time();
    loop {
        let used = thread_time().saturating_sub(begin);
        if used >= time || stop.load(Ordering::Relaxed) {
            return used;
        }
        spin();
    }
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Some microseconds of work, between two looks at the clock.
fn spin() {
    let mut number = black_box(1_u64);
    for _ in 0..2000 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    }
    black_box(number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_used_up_is_the_threads_own() {
        let begin = thread_time();
        let told = use_up(Duration::from_millis(20), &AtomicBool::new(false));
        let used = thread_time() - begin;
        assert!(told >= Duration::from_millis(20) && told <= used && used < Duration::from_millis(40), "{used:?}");
    }

    #[test]
    fn a_part_of_a_core_is_no_more_than_that() {
        // How much less it is depends on what else the machine does.
        let (began, begin, cycles) = (Instant::now(), thread_time(), 20);
        for _ in 0..cycles {
            assert!(!cycle(250, &AtomicBool::new(false)));
        }
        let used = thread_time() - begin;
        assert!(used < CYCLE * cycles / 2, "{used:?} of {:?}", CYCLE * cycles);
        assert!(began.elapsed() >= CYCLE * cycles);
    }

    #[test]
    fn what_is_stopped_ends_at_once() {
        let begin = thread_time();
        use_up(Duration::from_secs(3600), &AtomicBool::new(true));
        assert!(thread_time() - begin < Duration::from_secs(1));
        for thousandths in [0, 1, 250, 1000, 2500] {
            let burn = Burn::start(thousandths).unwrap();
            assert_eq!(burn.threads.len() as u64, thousandths.div_ceil(1000));
            drop(burn);
        }
    }
}
