//! `meshwalk load URL`: requests at a constant rate, and a table of what became of them.

pub(super) mod destination;
mod figures;

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    cli,
    traffic::{self, DEFAULT_MAX_IN_FLIGHT, Plan, Progress, RunError, Traffic, units},
};

/// How often progress is told where nobody looks at a terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Where to send requests, which, and how fast.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Requests are due at fixed times, whether or not earlier ones have been answered, and latencies \
    count from when a request was due. Ctrl-C ends the run and prints what there is."
)]
pub struct Args {
    /// Where to: `http://HOST[:PORT][/PATH]`; with --unix, a path is enough.
    url: String,
    /// Requests per second, such as 400/s.
    #[arg(long, short, default_value = "50/s", value_parser = units::rate)]
    rate: f64,
    /// For how long, such as 10s.
    #[arg(long = "for", short = 'd', value_name = "DURATION", default_value = "10s", value_parser = units::duration)]
    duration: Duration,
    #[command(flatten)]
    to: destination::Flags,
    /// The request's method.
    #[arg(long, short = 'X', default_value = "GET")]
    method: http::Method,
    /// Open a connection for each request, instead of keeping connections.
    #[arg(long)]
    fresh: bool,
    /// How long an answer may take from when its request was sent.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = units::duration)]
    timeout: Duration,
    /// Count the versions of this service in the call tree only, such as backend; without it, of each one.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// How many requests may be in flight at once; further ones are sent late and are counted as held back.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_MAX_IN_FLIGHT)]
    max_in_flight: usize,
    /// The figures as JSON, for programs.
    #[arg(long)]
    json: bool,
    /// Exit with 1 if a request failed or was answered with a status of 400 or more.
    #[arg(long)]
    fail_on_error: bool,
}

/// Sends the requests and prints the figures.
///
/// # Errors
/// [`cli::WrongInput`] for a URL, a header or a number that cannot be used; or if this process runs out of descriptors
/// or ports. Failed requests are no error.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let destination = destination::find(&args.url, args.to.unix.as_deref(), args.to.host.as_deref()).await?;
    let plan = Plan {
        method: args.method,
        headers: args.to.header,
        fresh_connections: args.fresh,
        timeout: args.timeout,
        service: args.service,
        max_in_flight: args.max_in_flight,
        ..Plan::get(destination.address, &destination.authority, &destination.path, args.rate, args.duration)
    };
    let mut display = Display::new(plan.duration);
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    };
    let traffic = traffic::run(&plan, |progress| display.show(progress), stop).await;
    display.clear();
    let traffic = traffic.map_err(|error| match error {
        RunError::Plan(wrong) => anyhow::Error::new(cli::WrongInput(wrong.to_string())),
        other => anyhow::Error::new(other),
    })?;
    if args.json {
        cli::say(&serde_json::to_string_pretty(&traffic.summary())?);
    } else {
        cli::say(&figures::show(&plan, &traffic));
    }
    let failed = args.fail_on_error && has_errors(&traffic);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn has_errors(traffic: &Traffic) -> bool {
    traffic.failed() > 0 || traffic.count(|answer| answer.status >= 400) > 0
}

/// The progress on standard error: one line that is written anew on a terminal, else a line every few seconds.
struct Display {
    whole: Duration,
    terminal: bool,
    told: Duration,
}

impl Display {
    fn new(whole: Duration) -> Self {
        Self { whole, terminal: std::io::stderr().is_terminal(), told: Duration::ZERO }
    }

    fn show(&mut self, progress: Progress) {
        if self.terminal {
            // Carriage return, and erase to the end of the line.
            self.write(&format!("\r\x1b[K{}", line(self.whole, progress)));
        } else if progress.elapsed >= self.told + PLAIN_INTERVAL {
            self.told = progress.elapsed;
            cli::tell(&line(self.whole, progress));
        }
    }

    fn clear(&self) {
        if self.terminal {
            self.write("\r\x1b[K");
        }
    }

    fn write(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        // Without a terminal to write to there is nobody to tell.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

fn line(whole: Duration, progress: Progress) -> String {
    let Progress { elapsed, planned, sent, answered, errors, failed, in_flight, held_back, .. } = progress;
    let held_back = if held_back > 0 { format!(", {held_back} held back") } else { String::new() };
    format!(
        "{:.1} s of {:.1} s: {sent} of {planned} sent, {answered} answered ({errors} with an error), {failed} failed, {in_flight} in flight{held_back}",
        elapsed.as_secs_f64(),
        whole.as_secs_f64(),
    )
}
