//! The thread that sends spans to a collector that may be down, slow or unwilling.
//!
//! It has a runtime of its own, so that neither a busy worker delays spans nor a slow collector a worker.

use std::{sync::Arc, thread};

use anyhow::Context;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, error::OTelSdkError, trace::SpanExporter as _};
use tokio::{
    runtime::Builder,
    time::{Instant, timeout},
};
use tracing::instrument::WithSubscriber;

use super::{Collector, Protocol, span_losses::LossReason, span_queue::SpanQueue, span_rejections::Rejections};

/// Starts the thread that sends the queue's spans until the queue is closed.
///
/// # Errors
/// The endpoint is not a valid URL, or the thread or its runtime cannot be started.
pub(super) fn start(queue: Arc<SpanQueue>, collector: &Collector, resource: &Resource) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build().context("cannot start the runtime for spans")?;
    let mut exporter = {
        // Both transports start tasks when they are made.
        let _inside = runtime.enter();
        exporter(collector)?
    };
    exporter.set_resource(resource);
    let run = move || {
        // Also after a panic, so that the end of the process does not wait.
        let finish = Finish(queue);
        runtime.block_on(send_batches(&finish.0, &exporter));
    };
    thread::Builder::new().name("span-sender".to_owned()).spawn(run).context("cannot start the thread for spans")?;
    Ok(())
}

struct Finish(Arc<SpanQueue>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.note_finished();
    }
}

fn exporter(collector: &Collector) -> anyhow::Result<SpanExporter> {
    let builder = SpanExporter::builder();
    let exporter = match collector.protocol {
        Protocol::Grpc => builder.with_tonic().with_endpoint(&collector.endpoint).build(),
        Protocol::HttpProtobuf => builder
            .with_http()
            .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
            .with_endpoint(&collector.endpoint)
            .build(),
    };
    Ok(exporter?)
}

async fn send_batches(queue: &SpanQueue, exporter: &SpanExporter) {
    let rejections = Rejections::new();
    let mut due = Instant::now() + queue.settings.schedule_delay;
    while let Some(mut waiting) = queue.wait_until_due(due).await {
        due = Instant::now() + queue.settings.schedule_delay;
        while waiting > 0 {
            let batch = queue.take_batch();
            if batch.is_empty() {
                break;
            }
            waiting = waiting.saturating_sub(batch.len());
            send(queue, exporter, batch, &rejections).await;
        }
    }
}

async fn send(
    queue: &SpanQueue,
    exporter: &SpanExporter,
    batch: Vec<opentelemetry_sdk::trace::SpanData>,
    rejections: &Rejections,
) {
    let spans = batch.len();
    let losses = &queue.losses;
    losses.begin_export();
    let limit = queue.settings.export_timeout;
    let export = exporter.export(batch).with_subscriber(rejections.dispatch());
    let result = timeout(limit, export).await.unwrap_or(Err(OTelSdkError::Timeout(limit)));
    let rejected = rejections.take();
    if !queue.settle_batch() {
        return;
    }
    match result {
        Ok(()) if rejected.spans == 0 => losses.end_export(),
        Ok(()) => losses.add(LossReason::Rejected, rejected.spans.min(spans), Some(&rejected.message)),
        Err(error) => losses.add(LossReason::ExportFailed, spans, Some(&error)),
    }
}
