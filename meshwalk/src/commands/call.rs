//! `meshwalk call URL`: sends one request and prints the whole response, for programs and for pods without a shell.

use std::{process::ExitCode, time::Duration};

use super::load::destination;
use crate::{
    cli::{self, WrongInput},
    traffic::{self, SingleRequest, SingleResponse, units},
};

/// Arguments of `meshwalk call`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Prints each response as a line of JSON: {\"status\", \"headers\", \"body\", \"error\", \"took_ms\"}. The \
    error is null, or a kind as in `meshwalk load` (refused, reset, timeout, protocol) if no response arrived. With \
    --batch, each line of standard input is a request {\"url\", \"method\", \"host\", \"headers\": [[NAME, VALUE]], \
    \"timeout_ms\"}. Only url is required. The response is printed before the next line is read. The exit code is 0 if a response \
    arrived, whatever its status, 1 if none did, 2 for an invalid request; with --batch, it is 0 without a response too."
)]
pub struct Args {
    /// Where to: `http://HOST[:PORT][/PATH]`; with --unix, a path is enough.
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    url: Option<String>,
    #[command(flatten)]
    to: destination::Flags,
    /// Method of the request.
    #[arg(long, short = 'X', default_value = "GET")]
    method: String,
    /// Time limit for the whole response.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = units::duration)]
    timeout: Duration,
    /// Read requests from standard input, one JSON object per line, and print one line for each.
    #[arg(long, conflicts_with_all = ["header", "host", "unix", "method", "timeout"])]
    batch: bool,
}

/// Sends the requests and prints the results.
///
/// # Errors
/// [`WrongInput`] for an invalid request. Without a response the exit code is 1, except with `--batch`.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Some(url) = args.url else { return batch().await };
    let question = SingleRequest {
        url,
        method: args.method,
        host: args.to.host,
        headers: args.to.header,
        timeout_ms: u64::try_from(args.timeout.as_millis()).unwrap_or(u64::MAX),
    };
    let answered = ask(&question, args.to.unix.as_deref()).await?;
    cli::print(&serde_json::to_string(&answered)?);
    Ok(if answered.error.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn batch() -> anyhow::Result<ExitCode> {
    // Requests are sent one at a time, so blocking this thread delays no other work.
    for line in std::io::stdin().lines() {
        let line = line?;
        let wrong = |error: serde_json::Error| WrongInput(format!("invalid request {line}: {error}"));
        let question = serde_json::from_str(&line).map_err(wrong)?;
        cli::print(&serde_json::to_string(&ask(&question, None).await?)?);
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(question: &SingleRequest, unix: Option<&std::path::Path>) -> Result<SingleResponse, WrongInput> {
    let to = destination::find(&question.url, unix, question.host.as_deref()).await?;
    if to.tls_name.is_some() {
        return Err(WrongInput(format!("URL {:?}: `call` does not speak TLS; use http://", question.url)));
    }
    traffic::ask(&to.address, &to.authority, &to.path, question).await.map_err(WrongInput)
}
