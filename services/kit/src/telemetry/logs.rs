//! The log: JSON lines for machines, text for people.

use std::io::IsTerminal;

use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Log, LogFormat};

/// Sets the process's log up. Lines about a request carry `trace_id` and `span_id` as fields of their own.
///
/// # Errors
/// The process has a log already.
pub fn init(log: &Log) -> anyhow::Result<()> {
    let filter: Targets = log.log_filter.parse()?;
    let terminal = std::io::stdout().is_terminal();
    let json = match log.log_format {
        LogFormat::Auto => !terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let layer = tracing_subscriber::fmt::layer();
    let layer = if json {
        layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    } else {
        layer.with_ansi(terminal).with_target(false).boxed()
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).try_init()?;
    Ok(())
}
