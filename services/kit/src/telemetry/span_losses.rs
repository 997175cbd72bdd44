//! Counts each span that is lost, and logs once for each run of losses that they begin, and once that they are over.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use metrics::counter;

use crate::metric_names::SPANS_LOST;

/// Why a span is lost. Label of `meshwalk_spans_lost_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LossReason {
    /// More spans waited than `OTEL_BSP_MAX_QUEUE_SIZE`: the collector is slower than the spans come.
    QueueFull,
    /// The collector was not reached, answered with an error, or took longer than a timeout.
    ExportFailed,
    /// The collector took the batch but not all of its spans (OTLP's partial success).
    Rejected,
    /// The process ended before the collector took the span.
    Shutdown,
}

impl LossReason {
    /// All reasons, so that each has a series from the start.
    pub(super) const ALL: [Self; 4] = [Self::QueueFull, Self::ExportFailed, Self::Rejected, Self::Shutdown];

    /// Label value.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::ExportFailed => "export_failed",
            Self::Rejected => "rejected",
            Self::Shutdown => "shutdown",
        }
    }
}

/// Spans lost on the way to one collector.
#[derive(Debug)]
pub(super) struct SpanLosses {
    endpoint: String,
    episode: Mutex<Episode>,
}

/// A run of losses. It is over after an export during which no span was lost.
#[derive(Debug, Default)]
struct Episode {
    /// Spans lost since the run began; 0 if there is no run.
    lost: usize,
    /// True if a span was lost since the current export began.
    during_export: bool,
}

impl SpanLosses {
    /// Losses on the way to this collector.
    pub(super) fn new(endpoint: String) -> Self {
        Self { endpoint, episode: Mutex::default() }
    }

    /// Counts lost spans, and logs the first loss of a run.
    pub(super) fn add(&self, reason: LossReason, spans: usize, detail: Option<&dyn fmt::Display>) {
        if spans == 0 {
            return;
        }
        counter!(SPANS_LOST, "reason" => reason.as_str()).increment(spans as u64);
        let mut episode = self.lock();
        let first = episode.lost == 0;
        episode.lost += spans;
        episode.during_export = true;
        // Logged without the lock, which a thread that ends a request takes.
        drop(episode);
        if first && reason != LossReason::Shutdown {
            tracing::warn!(
                endpoint = self.endpoint,
                reason = reason.as_str(),
                error = detail.map(tracing::field::display),
                "spans are lost; requests go on, and further losses are counted in meshwalk_spans_lost_total and not \
                 logged one by one"
            );
        }
    }

    /// Notes that an export begins.
    pub(super) fn begin_export(&self) {
        self.lock().during_export = false;
    }

    /// Notes that the collector took a whole batch, and logs the end of the run if no span was lost meanwhile.
    pub(super) fn end_export(&self) {
        let mut episode = self.lock();
        if episode.during_export || episode.lost == 0 {
            return;
        }
        let lost = std::mem::take(&mut episode.lost);
        drop(episode);
        tracing::info!(endpoint = self.endpoint, lost, "the collector takes all spans again");
    }

    /// Notes that no span will be sent any more, and logs the spans lost in a run that is not over.
    pub(super) fn close(&self) {
        let lost = std::mem::take(&mut self.lock().lost);
        if lost > 0 {
            tracing::warn!(endpoint = self.endpoint, lost, "the last spans are lost");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Episode> {
        // Numbers, valid in any combination.
        self.episode.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
