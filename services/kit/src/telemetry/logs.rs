//! The log: JSON lines for machines, text for people.
//!
//! A thread of its own writes the lines, so that no request, probe or signal waits for the reader of standard output.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, OnceLock},
    time::Duration,
};

use tracing_subscriber::{Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt};

use super::{Log, LogFormat};
use super::{log_json::JsonLog, log_queue::LogQueue, log_writer};

/// Limit for writing the last lines at the end of the process.
const FLUSH: Duration = Duration::from_secs(1);

/// The process's queue of log lines, once it has a log.
static QUEUE: OnceLock<Arc<LogQueue>> = OnceLock::new();

/// Sets up the process's log. Lines about a request carry `trace_id` and `span_id` as fields of their own.
///
/// # Errors
/// The process has a log already, or the thread that writes it cannot be started.
pub fn init(log: &Log) -> anyhow::Result<()> {
    let filter: Targets = log.log_filter.parse()?;
    let terminal = io::stdout().is_terminal();
    let json = match log.log_format {
        LogFormat::Auto => !terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let queue = Arc::new(LogQueue::default());
    if json {
        tracing::subscriber::set_global_default(JsonLog::new(filter, Arc::clone(&queue)))?;
    } else {
        let layer = tracing_subscriber::fmt::layer().with_ansi(terminal).with_target(false);
        let layer = layer.with_writer(QueueWriter(Arc::clone(&queue))).with_filter(filter);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;
    }
    log_writer::start(Arc::clone(&queue))?;
    // The global subscriber was set above, which succeeds once per process.
    let _ = QUEUE.set(queue);
    Ok(())
}

/// Waits until the lines logged so far are written, for a second at most. To be called before the process ends.
///
/// Blocks the thread. Does nothing if the process has no log.
pub(crate) fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush(FLUSH);
    }
}

/// Takes the lines of the text form, each in one write.
#[derive(Debug)]
struct QueueWriter(Arc<LogQueue>);

impl<'a> MakeWriter<'a> for QueueWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &QueueWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
