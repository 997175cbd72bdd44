//! Standard error: what the process prints outside of its log, and never waits for.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, Write},
    panic,
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::telemetry;

/// Limit for printing on standard error. A pipe that is full must not keep a process from its end.
const LIMIT: Duration = Duration::from_secs(1);

/// Prints a line on standard error, and gives up after a second.
pub(crate) fn print_error(line: String) {
    let (done, printed) = mpsc::channel();
    let print = move || {
        // Neither a closed pipe nor a full disk is a reason to fail.
        let _ = io::stderr().write_all((line + "\n").as_bytes());
        let _ = done.send(());
    };
    if thread::Builder::new().name("stderr".to_owned()).spawn(print).is_ok() {
        let _ = printed.recv_timeout(LIMIT);
    }
}

/// Makes panics log an error line, and print the usual message without waiting for the reader of standard error.
pub(crate) fn install_panic_hook() {
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let message = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        tracing::error!(location, panic = message, "panicked: a bug in this program");
        let name = thread::current().name().unwrap_or("unnamed").to_owned();
        let backtrace = Backtrace::capture();
        let mut text = format!("thread '{name}' {panic}");
        if backtrace.status() == BacktraceStatus::Captured {
            text.push_str(&format!("\n{backtrace}"));
        }
        print_error(text);
        // With `panic = "abort"` the process ends after this.
        telemetry::flush_logs();
    }));
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::install_panic_hook;
    use crate::{
        config::{Log, LogFormat},
        telemetry,
    };

    /// Runs in a process of its own, as a child of the next test.
    #[test]
    #[ignore = "panics"]
    fn panics() {
        telemetry::init_logs(&Log { log_format: LogFormat::Json, log_filter: "info".to_owned() }).unwrap();
        install_panic_hook();
        panic!("out of cheese");
    }

    #[test]
    fn panic_is_in_the_log_and_on_standard_error() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let child = command.args(["--exact", "console::tests::panics", "--ignored", "--nocapture"]).output().unwrap();
        let (log, error) = (String::from_utf8(child.stdout).unwrap(), String::from_utf8(child.stderr).unwrap());
        let line = log.lines().find_map(|line| line.find('{').map(|at| &line[at..])).unwrap_or_else(|| panic!("{log}"));
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!((&line["level"], &line["panic"]), (&"ERROR".into(), &"out of cheese".into()), "{line}");
        assert!(line["location"].as_str().unwrap().contains("console.rs:"), "{line}");
        assert!(error.contains("panicked at") && error.contains("out of cheese"), "{error}");
    }
}
