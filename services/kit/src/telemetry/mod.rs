//! Traces, metrics and logs. None of them can delay or fail a request.

mod batch;
mod json_escape;
mod log_clock;
mod log_json;
mod log_queue;
mod log_settings;
mod log_writer;
mod logs;
mod metrics;
mod milliseconds;
mod origin;
mod own_span;
mod sampler;
mod settings;
mod span_losses;
mod span_queue;
mod span_rejections;
mod span_sender;
mod spans;
mod traces;

pub use batch::BatchSettings;
pub use log_settings::{Log, LogFormat};
pub(crate) use logs::flush as flush_logs;
pub use logs::init as init_logs;
pub use metrics::Metrics;
#[cfg(test)]
pub(crate) use metrics::SeriesRegistry;
pub(crate) use metrics::{
    ATTEMPT_LABELS, ActiveRequest, RequestResult, ServerLabels, TraceRef, attempt_index, client_request,
    request_after_signal, request_attempt, server_request, unique_request,
};
pub(crate) use milliseconds::milliseconds;
pub(crate) use origin::UrlOrigin;
pub(crate) use own_span::OwnSpan;
pub use settings::{Collector, Protocol, Root, TelemetrySettings};
pub(crate) use spans::{client_outcome, method_label, server_outcome, url_scheme};
pub use traces::Traces;
