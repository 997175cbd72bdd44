//! The progress of a run on standard error.

use std::time::Duration;

use crate::{
    cli,
    commands::moving_line::MovingLine,
    traffic::{Plan, Progress, UNLIMITED},
};

/// How often progress is printed if standard error is not a terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Prints progress: one line that is replaced on a terminal, else a line every few seconds.
pub(super) struct Display {
    /// Length of the run, if it is known.
    whole: Option<Duration>,
    line: MovingLine,
    told: Duration,
    /// The progress before the current one, for the rate of the moment.
    before: Progress,
}

impl Display {
    /// Prints the progress of this plan.
    pub(super) fn new(plan: &Plan) -> Self {
        let whole = (plan.duration < UNLIMITED).then(|| plan.warm_up.saturating_add(plan.duration));
        Self { whole, line: MovingLine::new(), told: Duration::ZERO, before: Progress::default() }
    }

    /// Prints the progress, if it is time to.
    pub(super) fn show(&mut self, progress: Progress) {
        if self.line.is_terminal() {
            self.line.show(&line(self.whole, self.before, progress));
            if progress.elapsed >= self.before.elapsed + Duration::from_secs(1) {
                self.before = progress;
            }
        } else if progress.elapsed >= self.told + PLAIN_INTERVAL {
            self.told = progress.elapsed;
            cli::eprint_progress(&line(self.whole, self.before, progress));
            self.before = progress;
        }
    }

    /// Removes the line from the terminal.
    pub(super) fn clear(&self) {
        self.line.clear();
    }
}

fn line(whole: Option<Duration>, before: Progress, progress: Progress) -> String {
    let Progress { elapsed, planned, sent, answered, errors, failed, in_flight, held_back, .. } = progress;
    let span = elapsed.saturating_sub(before.elapsed).as_secs_f64();
    let rate = if span > 0.0 { sent.saturating_sub(before.sent) as f64 / span } else { 0.0 };
    let whole = whole.map_or_else(String::new, |whole| format!(" of {:.1} s", whole.as_secs_f64()));
    let held_back = if held_back > 0 { format!(", {held_back} held back") } else { String::new() };
    format!(
        "{:.1} s{whole}: {sent}/{planned} sent, {rate:.0}/s, {answered} answered, {errors} errors, {failed} failed, {in_flight} in flight{held_back}",
        elapsed.as_secs_f64(),
    )
}
