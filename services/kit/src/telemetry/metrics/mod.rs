//! Metrics of the process, under the names of OpenTelemetry's semantic conventions and of Prometheus' client libraries.
//!
//! Every label has a bounded set of values: methods are folded, routes are templates, upstreams come from the
//! configuration. Each metric has at most 2000 series.

mod histogram;
mod label_hasher;
mod names;
mod negotiation;
mod page;
mod process;
mod registry;
mod requests;

use std::{
    io::Write,
    sync::{LazyLock, Mutex, PoisonError},
};

use anyhow::Context;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};
use metrics::{counter, gauge};

use super::span_losses::LossReason;
use crate::{
    identity::Identity,
    metric_names::{LOG_LINES_DROPPED, SPANS_LOST},
};
use names::BUILD;
use page::Page;

pub(crate) use histogram::TraceRef;
pub(crate) use registry::SeriesRegistry;
pub(crate) use requests::{
    ATTEMPT_LABELS, ActiveRequest, RequestResult, ServerLabels, attempt_index, client_request, request_after_signal,
    request_attempt, server_request, unique_request,
};

/// The series of this process.
static REGISTRY: LazyLock<SeriesRegistry> = LazyLock::new(SeriesRegistry::default);

/// The metrics of the process. All values of this type stand for the same set.
#[derive(Debug, Clone)]
pub struct Metrics(());

impl Metrics {
    /// Makes the process's set of metrics the one that the macros of the `metrics` crate update.
    ///
    /// # Errors
    /// Another recorder is installed in this process.
    pub fn install(identity: &Identity) -> anyhow::Result<Self> {
        static INSTALLED: Mutex<bool> = Mutex::new(false);
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if !*installed {
            metrics::set_global_recorder(REGISTRY.clone()).context("cannot install the recorder of metrics")?;
            names::describe(&REGISTRY);
            *installed = true;
        }
        gauge!(BUILD, "service" => identity.service.clone(), "version" => identity.release.as_str(),
            "package" => env!("CARGO_PKG_VERSION"))
        .set(1.0);
        requests::unique_requests();
        requests::requests_after_signal();
        counter!(LOG_LINES_DROPPED).increment(0);
        for reason in LossReason::ALL {
            counter!(SPANS_LOST, "reason" => reason.as_str()).increment(0);
        }
        Ok(Self(()))
    }

    /// The metrics page in the format and the coding that a client with these headers accepts.
    ///
    /// It is written on a thread of its own, because reading `/proc` and compression take milliseconds.
    pub(crate) async fn response(&self, request: &HeaderMap) -> (HeaderMap, Bytes) {
        let format = negotiation::format(request);
        let accepts_gzip = negotiation::accepts_gzip(request);
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
        let render = move || {
            let mut page = Page::new(format);
            REGISTRY.write(&mut page);
            process::write(&mut page);
            let page = page.finish();
            match accepts_gzip.then(|| gzip(page.as_bytes())) {
                Some(Ok(compressed)) => (Bytes::from(compressed), true),
                _ => (Bytes::from(page), false),
            }
        };
        let (body, is_compressed) = match tokio::task::spawn_blocking(render).await {
            Ok(rendered) => rendered,
            // The runtime is shutting down.
            Err(_) => (Bytes::new(), false),
        };
        if is_compressed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        (headers, body)
    }
}

/// Compresses a page. The fastest level: it is a tenth of the size already, and the processor belongs to the requests.
fn gzip(page: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 8), Compression::fast());
    encoder.write_all(page)?;
    encoder.finish()
}
