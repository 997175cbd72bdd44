//! Waits for a point in time more exactly than the runtime's timers do.

use std::{
    io,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// A timer of the kernel's. The runtime's own timers fire up to a millisecond late, and every latency would include
/// that; this one fires within some ten microseconds, without a thread of its own and without spinning.
#[derive(Debug)]
pub(super) struct Alarm {
    timer: AsyncFd<OwnedFd>,
}

impl Alarm {
    /// Creates a timer within the runtime that calls.
    ///
    /// # Errors
    /// The kernel's, if the process has no file descriptor left.
    #[expect(deprecated, reason = "the replacement is unsafe for types whose descriptor may change; an OwnedFd cannot")]
    pub(super) fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        Ok(Self { timer: AsyncFd::new(timer)? })
    }

    /// Waits until `due`. Can be dropped and called again with another time.
    ///
    /// # Errors
    /// The kernel's; none is known for a timer that exists.
    pub(super) async fn wait_until(&self, due: Instant) -> io::Result<()> {
        let rest = due.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Ok(());
        }
        // Setting the timer also discards an expiry that nothing has read.
        let value = Itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(rest) };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::empty(), &value)?;
        loop {
            let mut ready = self.timer.readable().await?;
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut [0; 8])?));
            match read {
                Ok(result) => return result.map(drop),
                // It was readable because of the time that had been set before.
                Err(_would_block) => {}
            }
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wait_until_never_returns_early_also_after_an_abandoned_wait() {
        let alarm = Alarm::new().unwrap();
        for _ in 0..20 {
            let near = Instant::now() + Duration::from_micros(200);
            // Abandoned with its expiry unread or still ahead.
            let _ =
                tokio::time::timeout(Duration::from_millis(1), alarm.wait_until(near + Duration::from_secs(60))).await;
            let due = Instant::now() + Duration::from_millis(3);
            alarm.wait_until(due).await.unwrap();
            assert!(Instant::now() >= due);
        }
        alarm.wait_until(Instant::now()).await.unwrap();
    }
}
