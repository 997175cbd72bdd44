//! The clock that says how many requests are due.

use std::{
    io,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{End, Plan};

/// The longest sleep, so that an interrupted run does not leave its clock running for long.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// Starts a thread that publishes how many requests of the plan are due since `start`, at each time one becomes due.
///
/// A thread of its own, because the timers of the async runtime have a granularity of a millisecond, which would stand
/// in every latency; the operating system wakes a sleeping thread within some 50 µs, without spinning. The thread ends
/// when all are due, or soon after the receiver is gone.
pub(super) fn start(plan: &Plan, end: &End, start: Instant) -> io::Result<(watch::Receiver<u64>, JoinHandle<()>)> {
    let (sender, receiver) = watch::channel(0);
    let (plan, end) = (plan.clone(), end.clone());
    let clock = move || {
        let mut due = 0;
        while !sender.is_closed() {
            // Asked anew each time: where the end is open, it comes from outside.
            let total = end.requests(&plan);
            if due >= total {
                return;
            }
            let elapsed = start.elapsed();
            let next = plan.due(due);
            if next > elapsed {
                thread::sleep((next - elapsed).min(LONGEST_SLEEP));
                continue;
            }
            // After a late wake-up several are due; they go out together.
            while due < total && plan.due(due) <= elapsed {
                due += 1;
            }
            if sender.send(due).is_err() {
                return;
            }
        }
    };
    Ok((receiver, thread::Builder::new().name("meshwalk-pacer".to_owned()).spawn(clock)?))
}
