//! Delivering spans to a collector that may be down, slow or unwilling.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_otlp::SpanExporter as Otlp;
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use tokio::runtime::Handle;

/// Sends batches on the runtime and speaks about trouble once, not per batch.
///
/// The SDK calls exporters from a thread of its own, on which neither of the two transports could run.
#[derive(Debug)]
pub(super) struct Delivery {
    exporter: Arc<Otlp>,
    runtime: Handle,
    outage: Arc<Outage>,
}

impl Delivery {
    /// To be made inside of the runtime that will send.
    pub(super) fn new(exporter: Otlp, endpoint: String) -> Self {
        let outage = Arc::new(Outage { endpoint, lost: Mutex::new(0) });
        Self { exporter: Arc::new(exporter), runtime: Handle::current(), outage }
    }
}

impl SpanExporter for Delivery {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (exporter, spans) = (Arc::clone(&self.exporter), batch.len());
        let sent = self.runtime.spawn(async move { exporter.export(batch).await }).await;
        let result = sent.unwrap_or_else(|error| Err(OTelSdkError::InternalFailure(error.to_string())));
        self.outage.note(&result, spans);
        result
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Called before the first batch, when nobody else holds the exporter.
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}

/// How many spans were lost since the collector took one.
#[derive(Debug)]
struct Outage {
    endpoint: String,
    lost: Mutex<usize>,
}

impl Outage {
    fn note(&self, result: &OTelSdkResult, spans: usize) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(()) if *lost > 0 => {
                tracing::info!(endpoint = self.endpoint, lost = *lost, "the collector takes spans again");
                *lost = 0;
            }
            Ok(()) => {}
            Err(error) => {
                if *lost == 0 {
                    tracing::warn!(
                        endpoint = self.endpoint, %error,
                        "spans are not delivered; requests go on, and this is said once until the collector is back"
                    );
                }
                *lost += spans;
            }
        }
    }
}
