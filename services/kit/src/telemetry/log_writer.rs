//! The thread that writes the log.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    sync::Arc,
    thread,
    time::Duration,
};

use super::log_queue::LogQueue;

/// Pause after a failed write. Standard output may work again: a full disk is cleared, a named pipe gets a new reader.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Pause after a write that would block, which only a descriptor that another process made non-blocking does.
const BLOCKED_PAUSE: Duration = Duration::from_millis(5);

/// Capacity that the batch keeps after a burst.
const KEPT_CAPACITY: usize = 512 << 10;

/// Starts the thread that writes the queue's lines to standard output until the process ends.
///
/// # Errors
/// Standard output cannot be duplicated, or the thread cannot be started.
pub(super) fn start(queue: Arc<LogQueue>) -> io::Result<()> {
    // Without the lock and the line buffer of `std::io::Stdout`.
    let stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    thread::Builder::new().name("log-writer".to_owned()).spawn(move || write_all_lines(&queue, stdout))?;
    Ok(())
}

/// Writes batch after batch. Logs once for each run of lost lines: when lines are no longer lost, and how many were.
fn write_all_lines(queue: &LogQueue, mut output: impl Write) {
    let mut batch = Vec::new();
    let mut dropped = 0;
    loop {
        let newly_dropped = queue.take(&mut batch, dropped == 0);
        dropped += newly_dropped;
        write_batch(queue, &batch, &mut output);
        batch.clear();
        batch.shrink_to(KEPT_CAPACITY);
        if newly_dropped == 0 && dropped > 0 {
            // Queued as any other line. If the queue is full again, the line is lost and counted with the others.
            tracing::warn!(dropped, "log lines were dropped: standard output was not read fast enough");
            queue.note_reported();
            dropped = 0;
        }
    }
}

/// Writes the whole batch, however often that fails: nothing written is repeated, and no line is torn.
fn write_batch(queue: &LogQueue, mut batch: &[u8], output: &mut impl Write) {
    while !batch.is_empty() {
        match output.write(batch) {
            Ok(0) => pause(queue, RETRY_PAUSE),
            Ok(written) => {
                batch = &batch[written..];
                queue.note_written(written);
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => thread::sleep(BLOCKED_PAUSE),
                _ => pause(queue, RETRY_PAUSE),
            },
        }
    }
}

fn pause(queue: &LogQueue, pause: Duration) {
    queue.note_failure();
    thread::sleep(pause);
}
