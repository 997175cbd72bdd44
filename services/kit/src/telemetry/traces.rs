//! Making spans and sending them.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use opentelemetry::{Context, KeyValue, trace::TracerProvider};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Dispatch, Span, dispatcher, level_filters::LevelFilter, subscriber::NoSubscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use super::{
    Settings,
    sampler::CallersDecision,
    span_queue::{QueueProcessor, SpanQueue},
    span_sender,
};
use crate::{identity::Identity, propagation::Order};

/// The process's spans. Without a collector there are none, and trace headers travel on as they came.
#[derive(Debug, Clone, Default)]
pub struct Traces {
    /// Which trace headers are believed when they differ.
    pub(crate) order: Order,
    /// Takes spans alone. The log is a subscriber of its own, so that its filter drops no span, no line of it becomes a
    /// span's event, and what the senders of spans say makes no more spans to send.
    bridge: Option<Dispatch>,
    /// Spans that wait to be sent.
    queue: Option<Arc<SpanQueue>>,
}

impl Traces {
    /// Sets spans up, and starts the thread that sends them.
    ///
    /// # Errors
    /// The endpoint is not a valid URL. A collector that is not there is not an error: it may come later.
    pub fn new(settings: &Settings, identity: &Identity) -> anyhow::Result<Self> {
        let Some(collector) = &settings.collector else {
            return Ok(Self { order: settings.order, ..Self::default() });
        };
        let resource = resource(settings, identity);
        let queue = Arc::new(SpanQueue::new(settings.batch.clone(), collector.endpoint.clone()));
        span_sender::start(Arc::clone(&queue), collector, &resource)
            .with_context(|| format!("cannot send spans to {}", collector.endpoint))?;
        // The SDK reads the sampler's variables too, and would remark upon them a second time.
        let provider = tracing::subscriber::with_default(NoSubscriber::default(), || {
            SdkTracerProvider::builder()
                .with_sampler(CallersDecision::from(settings.root))
                .with_resource(resource)
                .with_span_processor(QueueProcessor(Arc::clone(&queue)))
                .build()
        });
        // The attributes are those of the conventions, without the places in the code and the threads that the layer
        // would add.
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        // The level keeps the libraries' finer events cheap: they are not even asked about.
        let bridge = Dispatch::new(tracing_subscriber::registry().with(layer).with(LevelFilter::INFO));
        Ok(Self { order: settings.order, bridge: Some(bridge), queue: Some(queue) })
    }

    /// Makes a span for OpenTelemetry; a disabled one without a collector.
    ///
    /// Its parent is told to OpenTelemetry alone. `tracing` would let go of a parent at the subscriber that is the default
    /// when the child ends, which is the log's, and the parent would never end.
    pub(super) fn span(&self, parent: impl FnOnce() -> Context, make: impl FnOnce() -> Span) -> Span {
        let Some(bridge) = &self.bridge else { return Span::none() };
        let span = dispatcher::with_default(bridge, make);
        if let Err(error) = span.set_parent(parent()) {
            tracing::warn!(%error, "a span stands alone");
        }
        span
    }

    /// Sends the spans that are left, for `limit` at most. Spans that end later are lost.
    pub(crate) async fn flush(&self, limit: Duration) {
        let Some(queue) = self.queue.clone() else { return };
        // Waits for a thread, and must not hold up what is still served.
        if let Err(error) = tokio::task::spawn_blocking(move || queue.close(limit)).await {
            tracing::warn!(%error, "the last spans are lost");
        }
    }
}

/// Who the spans are from, beside what `OTEL_RESOURCE_ATTRIBUTES` says.
fn resource(settings: &Settings, identity: &Identity) -> Resource {
    let name = settings.service_name.clone().unwrap_or_else(|| identity.service.clone());
    let mut attributes = vec![
        KeyValue::new("service.version", identity.release.as_str()),
        KeyValue::new("service.instance.id", identity.instance.clone()),
    ];
    attributes.extend(identity.namespace.clone().map(|namespace| KeyValue::new("k8s.namespace.name", namespace)));
    Resource::builder().with_service_name(name).with_attributes(attributes).build()
}
