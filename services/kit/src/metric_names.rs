//! Names of metrics, and label values that metrics, spans and logs share.

/// Counter of injected faults.
pub(crate) const FAULTS_INJECTED: &str = "meshwalk_faults_injected_total";

/// Counter of the actions of limits.
pub(crate) const LIMIT_ACTIONS: &str = "meshwalk_limit_actions_total";

/// Counter of log lines that did not fit into the queue of the log's writer.
pub(crate) const LOG_LINES_DROPPED: &str = "meshwalk_log_lines_dropped_total";

/// Counter of spans that did not reach the collector.
pub(crate) const SPANS_LOST: &str = "meshwalk_spans_lost_total";

/// Gauge of open connections.
pub(crate) const CONNECTIONS: &str = "meshwalk_connections";

/// Error type of a request that its own client cancelled, so the server did not fail.
pub(crate) const CANCELLED: &str = "cancelled";
