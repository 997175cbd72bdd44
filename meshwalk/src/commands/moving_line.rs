//! A line of a terminal that the next one replaces.

use std::io::{self, IsTerminal, Write};

/// Columns of a terminal that does not report its width.
const DEFAULT_COLUMNS: usize = 80;

/// A line on standard error that the next one replaces.
#[derive(Debug, Clone, Copy)]
pub(super) struct MovingLine {
    is_terminal: bool,
}

impl MovingLine {
    /// A line of standard error. On anything but a terminal nothing is ever written.
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    /// True if standard error is a terminal.
    pub(super) fn is_terminal(self) -> bool {
        self.is_terminal
    }

    /// Shows a text in place of the one before, cut to the terminal's width: a wrapped line could not be replaced.
    pub(super) fn show(self, text: &str) {
        self.write(&format!("\r\x1b[K{}", cut(text, columns())));
    }

    /// Removes the text.
    pub(super) fn clear(self) {
        self.write("\r\x1b[K");
    }

    fn write(self, text: &str) {
        if self.is_terminal {
            let mut out = io::stderr().lock();
            // A terminal that is gone is not an error of the run.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }
}

fn columns() -> usize {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        _ => DEFAULT_COLUMNS,
    }
}

/// The text, one column shorter than the terminal, because some terminals wrap after the last one.
fn cut(text: &str, columns: usize) -> String {
    let room = columns.saturating_sub(1);
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_below_the_width_of_the_terminal() {
        assert_eq!(cut("1234567", 8), "1234567");
        assert_eq!(cut("12345678", 8), "123456…");
        assert_eq!(cut("ääääääää", 8), "ääääää…");
        assert_eq!(cut("12", 0), "…");
    }
}
