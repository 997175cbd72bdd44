//! An answer's body as faults shape it.

mod parting;
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

use super::{draw::Draws, effect::Shape, plan::Shaping, tally::Tally};
pub(super) use parting::Parting;

/// What pads an answer. White space after a JSON text is no part of it (RFC 8259 section 2), so a reader sees the same.
static PADDING: [u8; 16 * 1024] = [b' '; 16 * 1024];

/// Of how many bytes one is turned over, about.
const ONE_IN: u64 = 16;

/// How often a body that drips, or waits until its first half is out, is looked at.
const TICK: Duration = Duration::from_millis(10);

/// A body with faults. Its declared length is that of the whole body, whatever is left out.
#[derive(Debug)]
pub(super) struct Shaped {
    content: Bytes,
    /// The body's whole length.
    length: u64,
    sent: u64,
    corrupt: Option<Draws>,
    /// After how many bytes it breaks off.
    cut_at: Option<u64>,
    drip: Option<Drip>,
    /// Says when what has been sent is out.
    parting: Parting,
    pause: Option<Pin<Box<Sleep>>>,
}

/// Bytes that come slowly.
struct Drip {
    rate: u64,
    began: Option<Instant>,
    longest: Duration,
    /// Resolves when the rule is gone, and the rest may come at once.
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_over: bool,
    /// Of its rule.
    tally: Arc<Tally>,
}

impl Shaped {
    /// The content in the shapes of a plan, one of a kind at most. `longest` bounds what a body that drips may take.
    pub(super) fn new(content: Bytes, shapes: Vec<Shaping>, parting: Parting, longest: Duration) -> Self {
        let length = content.len() as u64;
        let mut body = Self { content, length, sent: 0, corrupt: None, cut_at: None, drip: None, parting, pause: None };
        for Shaping { shape, mut tether, tally } in shapes {
            match shape {
                Shape::Size(bytes) => body.length = length.max(bytes),
                Shape::Corrupt { seed } => body.corrupt = Some(Draws::of(seed)),
                Shape::Truncate => body.cut_at = Some(body.length / 2).filter(|_| body.length > 0),
                Shape::Drip(rate) => {
                    let over = Box::pin(async move { tether.over().await });
                    body.drip = Some(Drip { rate, began: None, longest, over, is_over: false, tally });
                }
                Shape::Close => {}
            }
        }
        body
    }

    /// The next bytes, at most so many.
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
                    // The first one always, so that no answer comes through whole.
                    if draws.below(ONE_IN) == 0 || at + position as u64 == 0 {
                        *byte = !*byte;
                    }
                }
                bytes.freeze()
            }
        }
    }

    /// Looks again after a moment.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(TICK)));
        ready!(pause.as_mut().poll(cx));
        self.pause = None;
        Poll::Ready(())
    }
}

impl Drip {
    /// How many bytes may have been sent by now, if there still is a limit.
    fn due(&mut self, cx: &mut Context<'_>) -> Option<u64> {
        let began = *self.began.get_or_insert_with(Instant::now);
        self.is_over = self.is_over || self.over.as_mut().poll(cx).is_ready();
        if !self.is_over && began.elapsed() >= self.longest {
            self.is_over = true;
            self.tally.count_capped("--fault-max-hang");
        }
        if self.is_over { None } else { Some((began.elapsed().as_secs_f64() * self.rate as f64) as u64) }
    }
}

impl fmt::Debug for Drip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drip").field("rate", &self.rate).field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

/// A body breaks off as it was meant to.
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
                // An error makes the HTTP library drop what it has not written yet, so the first half goes out before.
                if this.parting.is_out() {
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
                // Only who breaks off has to know what became of it.
                let bytes = if this.cut_at.is_some() { this.parting.part_with(bytes) } else { bytes };
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
