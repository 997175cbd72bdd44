//! Traces, metrics and logs. None of them can delay or fail a request.

mod batch;
mod hex_id;
mod json_escape;
mod log_clock;
mod log_json;
mod log_queue;
mod log_writer;
mod logs;
mod metrics;
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
pub(crate) use hex_id::HexId;
pub(crate) use logs::flush as flush_logs;
pub use logs::init as init_logs;
pub use metrics::Metrics;
#[cfg(test)]
pub(crate) use metrics::Registry;
pub(crate) use metrics::{
    ATTEMPT_LABELS, ActiveRequest, CONNECTIONS, FAULTS_INJECTED, LIMIT_ACTIONS, RequestResult, ServerLabels, TraceRef,
    attempt_index, client_request, request_after_signal, request_attempt, server_request, unique_request,
};
pub(crate) use origin::Origin;
pub(crate) use own_span::OwnSpan;
pub use settings::{Collector, Protocol, Root, Settings};
pub(crate) use spans::{CANCELLED, client_outcome, method_label, server_outcome, url_scheme};
pub use traces::Traces;
