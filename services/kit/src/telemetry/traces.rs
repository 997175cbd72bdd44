//! Making spans and sending them.

use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::{Context, KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Dispatch, Span, dispatcher, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use super::{Collector, Protocol, Settings, delivery::Delivery, sampler::CallersDecision};
use crate::{identity::Identity, propagation::Order};

/// The process's spans. Without a collector there are none, and trace headers travel on as they came.
#[derive(Debug, Clone, Default)]
pub struct Traces {
    /// Which trace headers are believed when they differ.
    pub(crate) order: Order,
    /// Takes spans alone. The log is a subscriber of its own, so that its filter drops no span, no line of it becomes a
    /// span's event, and what the senders of spans say makes no more spans to send.
    bridge: Option<Dispatch>,
    provider: Option<SdkTracerProvider>,
}

impl Traces {
    /// Sets spans up. To be called inside of a runtime with two workers or more, on which they will be sent.
    ///
    /// # Errors
    /// An endpoint that is no URL. That nobody is there is no error: a collector may come later.
    pub fn new(settings: &Settings, identity: &Identity) -> anyhow::Result<Self> {
        let Some(collector) = &settings.collector else {
            return Ok(Self { order: settings.order, ..Self::default() });
        };
        let exporter = exporter(collector).with_context(|| format!("cannot send spans to {}", collector.endpoint))?;
        let provider = SdkTracerProvider::builder()
            .with_sampler(CallersDecision::from(settings.root))
            .with_resource(resource(settings, identity))
            .with_batch_exporter(Delivery::new(exporter, collector.endpoint.clone()))
            .build();
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
        Ok(Self { order: settings.order, bridge: Some(bridge), provider: Some(provider) })
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

    /// Sends what is left, for this long at most. To be called when no request is in flight any more.
    pub(crate) async fn flush(&self, limit: Duration) {
        let Some(provider) = self.provider.clone() else { return };
        // The SDK waits for its thread here, which would hold up the runtime that has to send.
        let shutdown = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(limit));
        match shutdown.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans are lost"),
            Err(error) => tracing::warn!(%error, "the last spans are lost"),
        }
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
