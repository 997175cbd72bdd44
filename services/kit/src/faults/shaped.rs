//! A response body with faults.

mod flush_tracker;
#[cfg(test)]
mod tests;

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::{draw::Draws, modes::Effect, plan::PlannedFault, rule_stats::RuleStats};
pub(super) use flush_tracker::FlushTracker;

/// Padding of a body. A JSON parser ignores white space after the text (RFC 8259 section 2).
static PADDING: [u8; 16 * 1024] = [b' '; 16 * 1024];

/// One of this many bytes is corrupted, on average.
const ONE_IN: u64 = 16;

/// Interval at which a body that drips, or waits for a flush, is polled.
const TICK: Duration = Duration::from_millis(10);

/// A response body with faults. It declares the length of the whole body, even if it breaks off earlier.
#[derive(Debug)]
pub(super) struct Shaped {
    content: Bytes,
    /// Declared length of the body.
    length: u64,
    sent: u64,
    corrupt: Option<Draws>,
    /// Number of bytes after which the body breaks off.
    cut_at: Option<u64>,
    drip: Option<Drip>,
    flush: FlushTracker,
    pause: Option<Pin<Box<Sleep>>>,
}

/// Rate limit of a body.
struct Drip {
    rate: u64,
    began: Option<Instant>,
    longest: Duration,
    /// Resolves when the rule is removed or expires; the rest of the body then follows at once.
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_over: bool,
    stats: Arc<RuleStats>,
}

impl Shaped {
    /// A body with the faults of a response, at most one of each step. `longest` caps the time of a body that drips.
    pub(super) fn new(content: Bytes, faults: Vec<PlannedFault>, flush: FlushTracker, longest: Duration) -> Self {
        let length = content.len() as u64;
        let mut body = Self { content, length, sent: 0, corrupt: None, cut_at: None, drip: None, flush, pause: None };
        for PlannedFault { effect, lifetime, stats } in faults {
            match effect {
                Effect::Size(bytes) => body.length = length.max(bytes),
                Effect::Corrupt { seed } => body.corrupt = Some(Draws::of(seed)),
                Effect::Truncate => body.cut_at = Some(body.length / 2).filter(|_| body.length > 0),
                Effect::Drip(rate) => {
                    let over = Box::pin(async move { lifetime.wait_until_over().await });
                    body.drip = Some(Drip { rate, began: None, longest, over, is_over: false, stats });
                }
                _ => {}
            }
        }
        body
    }

    /// Takes the next bytes, at most `most`.
    fn take(&mut self, most: u64) -> Bytes {
        let at = self.sent;
        let own = self.content.len() as u64;
        let bytes = if at < own {
            self.content.slice(at as usize..(at + most).min(own) as usize)
        } else {
            Bytes::from_static(&PADDING).slice(..most.min(PADDING.len() as u64) as usize)
        };
        self.sent += bytes.len() as u64;
        match &mut self.corrupt {
            None => bytes,
            Some(draws) => {
                let mut bytes = BytesMut::from(bytes.as_ref());
                for (position, byte) in bytes.iter_mut().enumerate() {
                    // Always corrupt the first byte, so that every body is corrupt.
                    if draws.below(ONE_IN) == 0 || at + position as u64 == 0 {
                        *byte = !*byte;
                    }
                }
                bytes.freeze()
            }
        }
    }

    /// Waits for the next tick.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(TICK)));
        ready!(pause.as_mut().poll(cx));
        self.pause = None;
        Poll::Ready(())
    }
}

impl Drip {
    /// Number of bytes that may have been sent by now, or `None` without a limit.
    fn due(&mut self, cx: &mut Context<'_>) -> Option<u64> {
        let began = *self.began.get_or_insert_with(Instant::now);
        self.is_over = self.is_over || self.over.as_mut().poll(cx).is_ready();
        if !self.is_over && began.elapsed() >= self.longest {
            self.is_over = true;
            self.stats.count_capped("--fault-max-hang");
        }
        if self.is_over { None } else { Some((began.elapsed().as_secs_f64() * self.rate as f64) as u64) }
    }
}

impl fmt::Debug for Drip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drip").field("rate", &self.rate).field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

/// Error of a body that breaks off on purpose.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("injected fault: the answer is cut off here")
    }
}

impl Error for CutOff {}

impl Body for Shaped {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        let this = self.get_mut();
        loop {
            let end = this.cut_at.unwrap_or(this.length);
            if this.sent >= end {
                if this.cut_at.is_none() {
                    return Poll::Ready(None);
                }
                // The HTTP library discards unwritten bytes on an error, so flush the first half before.
                if this.flush.is_flushed() {
                    return Poll::Ready(Some(Err(CutOff)));
                }
                ready!(this.wait(cx));
                continue;
            }
            let most = match &mut this.drip {
                None => end - this.sent,
                Some(drip) => drip.due(cx).map_or(end - this.sent, |due| due.min(end).saturating_sub(this.sent)),
            };
            if most > 0 {
                let bytes = this.take(most);
                // Only a body that breaks off needs to know when its bytes are flushed.
                let bytes = if this.cut_at.is_some() { this.flush.track(bytes) } else { bytes };
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            ready!(this.wait(cx));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut_at.is_none() && self.sent >= self.length
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length - self.sent)
    }
}
