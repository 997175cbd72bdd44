//! Making spans and sending them.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use opentelemetry::{
    Context, KeyValue,
    trace::{TraceContextExt, TraceId, TracerProvider},
};
use opentelemetry_sdk::{
    Resource,
    trace::{IdGenerator, RandomIdGenerator, Sampler, SdkTracerProvider},
};
use tracing::{Dispatch, Span, dispatcher, level_filters::LevelFilter, subscriber::NoSubscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use super::{
    OwnSpan, TelemetrySettings,
    own_span::PresetTrace,
    sampler::CallersDecision,
    span_queue::{QueueProcessor, SpanQueue},
    span_sender,
};
use crate::{
    identity::Identity,
    propagation::{Order, Parent},
};

/// Time beyond the limit of a flush after which it is given up. It passes only if all threads for blocking work are busy.
const CLOSE_TIME: Duration = Duration::from_millis(500);

/// The process's spans. Without a collector there are none, and trace headers travel on as they came.
#[derive(Debug, Clone, Default)]
pub struct Traces {
    /// Which trace headers are believed when they differ.
    pub(crate) order: Order,
    /// Takes spans alone. The log is a subscriber of its own, so that its filter drops no span, no line of it becomes a
    /// span's event, and what the senders of spans say makes no more spans to send.
    bridge: Option<Dispatch>,
    sampler: Option<CallersDecision>,
    /// Spans that wait to be sent.
    queue: Option<Arc<SpanQueue>>,
}

impl Traces {
    /// Sets spans up, and starts the thread that sends them.
    ///
    /// # Errors
    /// The endpoint is not a valid URL. A collector that is not there is not an error: it may come later.
    pub fn new(settings: &TelemetrySettings, identity: &Identity) -> anyhow::Result<Self> {
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
                // Spans that are not sampled are never started.
                .with_sampler(Sampler::AlwaysOn)
                .with_id_generator(PresetTrace::default())
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
        Ok(Self {
            order: settings.order,
            bridge: Some(bridge),
            sampler: Some(settings.root.into()),
            queue: Some(queue),
        })
    }

    /// Makes the span of a request, if its trace is sampled, or else only its ids.
    pub(super) fn root(&self, caller: Parent, make: impl FnOnce() -> Span) -> OwnSpan {
        let (Some(bridge), Some(sampler)) = (&self.bridge, &self.sampler) else { return OwnSpan::none() };
        let trace =
            caller.span.as_ref().map_or_else(|| RandomIdGenerator::default().new_trace_id(), |span| span.trace_id());
        if !sampler.samples(trace, caller.decision) {
            return OwnSpan::unsampled(trace);
        }
        let parent = match caller.span {
            Some(span) => Context::new().with_remote_span_context(span),
            None => Context::new(),
        };
        record(bridge, parent, Some(trace), make)
    }

    /// Makes a span below another one of this process, and recorded if that one is.
    pub(super) fn child(&self, within: &OwnSpan, make: impl FnOnce() -> Span) -> OwnSpan {
        match (&self.bridge, within.context()) {
            (Some(bridge), Some(parent)) if parent.is_sampled() => record(bridge, within.span.context(), None, make),
            (Some(_), Some(parent)) => OwnSpan::unsampled(parent.trace_id()),
            _ => OwnSpan::none(),
        }
    }

    /// Sends the spans that are left, for `limit` at most. Spans that end later are lost.
    pub(crate) async fn flush(&self, limit: Duration) {
        let Some(queue) = self.queue.clone() else { return };
        // Waits for a thread, and must not hold up what is still served.
        let close = tokio::task::spawn_blocking(move || queue.close(limit));
        match tokio::time::timeout(limit + CLOSE_TIME, close).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans are lost"),
            Err(_) => tracing::warn!("the last spans are lost: no thread was free to send them"),
        }
    }
}

/// Starts a span for OpenTelemetry.
///
/// Only OpenTelemetry learns the parent. `tracing` would let go of a parent at the subscriber that is the default
/// when the child ends, which is the log's, and the parent would never end.
fn record(bridge: &Dispatch, parent: Context, trace: Option<TraceId>, make: impl FnOnce() -> Span) -> OwnSpan {
    let span = dispatcher::with_default(bridge, make);
    if let Err(error) = span.set_parent(parent) {
        tracing::warn!(%error, "cannot set the parent of a span");
    }
    // Asking for the ids is what starts the span.
    let context = PresetTrace::run(trace, || span.context().span().span_context().clone());
    OwnSpan::recorded(span, context)
}

/// Resource of the spans, in addition to `OTEL_RESOURCE_ATTRIBUTES`.
fn resource(settings: &TelemetrySettings, identity: &Identity) -> Resource {
    let name = settings.service_name.clone().unwrap_or_else(|| identity.service.clone());
    let mut attributes = vec![
        KeyValue::new("service.version", identity.release.as_str()),
        KeyValue::new("service.instance.id", identity.instance.clone()),
    ];
    attributes.extend(identity.namespace.clone().map(|namespace| KeyValue::new("k8s.namespace.name", namespace)));
    Resource::builder().with_service_name(name).with_attributes(attributes).build()
}
