//! The flags of `meshwalk load`, and the plan that they make.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use clap::ValueEnum;
use http::Method;

use super::{
    destination::{self, Destination},
    output::Format,
};
use crate::{
    checks::{Check, check_of_expression},
    cli::WrongInput,
    traffic::{Arrivals, DEFAULT_CONNECTIONS, DEFAULT_MAX_IN_FLIGHT, Plan, Recording, Tls, UNLIMITED, units},
};

/// Length of a run that has neither `--for` nor `--requests`.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);

/// Where to send requests, which, and how fast.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Requests are due at fixed times, whether or not earlier ones have been answered, and latencies \
    count from when a request was due. Ctrl-C ends the run and prints what there is. The exit code is 1 if every \
    request failed or an --expect does not hold, 2 for a wrong flag."
)]
pub struct Args {
    /// Where to: `[http://|https://]HOST[:PORT][/PATH]`; with --unix, a path is enough.
    pub(super) url: String,
    /// Requests per second, such as 400/s; at most 50000/s.
    #[arg(long, short, default_value = "50/s", value_parser = units::rate)]
    rate: f64,
    /// For how long, such as 10s; 10s without --requests. There is no limit.
    #[arg(long = "for", short = 'd', value_name = "DURATION", value_parser = units::duration)]
    duration: Option<Duration>,
    /// End after this number of requests; with --for, at what comes first.
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// Spread the requests at equal distances, or at random as those of many independent clients.
    #[arg(long, value_enum, default_value = "constant")]
    arrivals: ArrivalsWord,
    /// Where the random numbers of --arrivals poisson start; the same seed gives the same times.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Let the rate grow evenly from 0 over this time at the start of the run.
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true, value_parser = units::duration)]
    ramp: Duration,
    /// Send for this time before --for without counting; --ramp may be a part of it.
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true, value_parser = units::duration)]
    warm_up: Duration,
    #[command(flatten)]
    pub(super) to: destination::Flags,
    /// The request's method; POST if there is a body, else GET.
    #[arg(long, short = 'X')]
    method: Option<Method>,
    /// Send this text as the body of each request.
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,
    /// Send the content of this file as the body of each request.
    #[arg(long, value_name = "PATH")]
    body_file: Option<PathBuf>,
    /// Speak HTTP/2: agreed by ALPN with https, with prior knowledge with http.
    #[arg(long)]
    http2: bool,
    /// Trust the certificate authorities in this PEM file for https, instead of those of the system.
    #[arg(long, value_name = "PATH")]
    ca_file: Option<PathBuf>,
    /// Keep at most this number of connections, opened as needed; a request that is due while all are busy waits, and
    /// its latency counts on; not with --fresh [default: 100, or --max-in-flight where it is given; 1 with --http2].
    #[arg(long, short, value_name = "N", value_parser = positive, conflicts_with = "fresh")]
    connections: Option<usize>,
    /// How many requests may be in flight at once; further ones are sent late and are counted as held back. With kept
    /// connections of HTTP/1.1, --connections bounds them too [default: 2000].
    #[arg(long, value_name = "N", value_parser = positive)]
    max_in_flight: Option<usize>,
    /// Open a connection for each request, instead of keeping connections; --max-in-flight bounds them.
    #[arg(long)]
    fresh: bool,
    /// How long an answer may take from when its request was sent.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = units::duration)]
    timeout: Duration,
    /// Count the versions of this service in the call tree only, such as backend; without it, of each one.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Exit with 1 unless this holds, such as 'p99 <= 50ms', 'success >= 99%' or 'share v2: 10%'; repeatable. The
    /// grammar is that of the labs' checks; an exact share is tested at an error probability of 1e-6.
    #[arg(long, value_name = "EXPRESSION", value_parser = check_of_expression)]
    pub(super) expect: Vec<Check>,
    /// Compare with an earlier run, whose --output json is in this file, and say which differences are more than chance.
    #[arg(long, value_name = "BASE.json")]
    pub(super) against: Option<PathBuf>,
    /// Print the figures in this format.
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table", conflicts_with = "json")]
    pub(super) output: Format,
    /// The same as --output json.
    #[arg(long)]
    pub(super) json: bool,
    /// Exit with 1 if a request failed or was answered with a status of 400 or more.
    #[arg(long)]
    pub(super) fail_on_error: bool,
}

/// How requests are spread over time, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ArrivalsWord {
    /// At equal distances.
    Constant,
    /// At random, with exponentially distributed distances.
    Poisson,
}

impl Args {
    /// The format of the figures.
    pub(super) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output }
    }

    /// The plan for requests to `destination`.
    ///
    /// # Errors
    /// [`WrongInput`] for a file that is not readable, or flags that do not fit the URL.
    pub(super) fn plan(&self, destination: Destination) -> Result<Plan, WrongInput> {
        let body = self.body()?;
        let default_method = if body.is_some() { Method::POST } else { Method::GET };
        let max_in_flight = self.max_in_flight.unwrap_or(DEFAULT_MAX_IN_FLIGHT);
        let default_connections = match (self.fresh, self.http2) {
            (true, _) => max_in_flight,
            (false, true) => 1,
            (false, false) => self.max_in_flight.unwrap_or(DEFAULT_CONNECTIONS),
        };
        let default_duration = if self.requests.is_some() { UNLIMITED } else { DEFAULT_DURATION };
        let duration = self.duration.unwrap_or(default_duration);
        Ok(Plan {
            method: self.method.clone().unwrap_or(default_method),
            headers: self.to.header.clone(),
            body: body.unwrap_or_default(),
            tls: self.tls(&destination)?,
            http2: self.http2,
            arrivals: match self.arrivals {
                ArrivalsWord::Constant => Arrivals::Constant,
                ArrivalsWord::Poisson => Arrivals::Poisson { seed: self.seed },
            },
            ramp: self.ramp,
            warm_up: self.warm_up,
            requests: self.requests,
            fresh_connections: self.fresh,
            timeout: self.timeout,
            service: self.service.clone(),
            max_in_flight,
            connections: self.connections.unwrap_or(default_connections),
            recording: Recording::Groups,
            ..Plan::get(destination.address, &destination.authority, &destination.path, self.rate, duration)
        })
    }

    fn body(&self) -> Result<Option<Bytes>, WrongInput> {
        if let Some(text) = &self.body {
            return Ok(Some(Bytes::from(text.clone())));
        }
        let Some(path) = &self.body_file else { return Ok(None) };
        let read = std::fs::read(path).map_err(|error| {
            WrongInput(format!("cannot read --body-file {}: {error}; a readable file is needed", path.display()))
        })?;
        Ok(Some(Bytes::from(read)))
    }

    fn tls(&self, destination: &Destination) -> Result<Option<Tls>, WrongInput> {
        let ca_file = self.ca_file.as_deref();
        match (&destination.tls_name, ca_file) {
            (Some(name), _) => {
                Tls::new(ca_file, name, self.http2).map(Some).map_err(|error| WrongInput(error.to_string()))
            }
            (None, Some(path)) => Err(WrongInput(format!(
                "--ca-file {} has no effect on {:?}: write https://, or leave it out",
                path.display(),
                self.url
            ))),
            (None, None) => Ok(None),
        }
    }
}

/// Reads a number of one or more.
fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "a whole number of 1 or more is needed".to_owned())
}
