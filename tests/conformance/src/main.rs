//! The conformance suite as a program, run by scripts/conformance.sh.

mod commands;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use meshwalk::cli::{eprint_progress, print};
use meshwalk_conformance::{
    differences::{self, Difference},
    intended_differences::IntendedDifferences,
    project,
    suite::Outcome,
};

/// Compare the behaviour of the local mesh with a real Istio.
#[derive(Debug, Parser)]
#[command(name = "meshwalk-conformance")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare which resources a cluster and the local mesh accept.
    Admission(commands::admission::Args),
    /// Run cases and write the observations.
    Behaviour(commands::behaviour::Args),
    /// Compare the proxies' configuration on both meshes for the same resources.
    Configuration(commands::configuration::Args),
    /// Compare the observations of two runs.
    Compare {
        /// Report of `behaviour --report`.
        one: PathBuf,
        /// Report to compare it with.
        other: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ran = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .and_then(|runtime| runtime.block_on(run(cli.command)));
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprint_progress(&format!("meshwalk-conformance: {error:#}"));
            ExitCode::from(2)
        }
    }
}

async fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Admission(args) => commands::admission::run(&args).await,
        Command::Behaviour(args) => commands::behaviour::run(&args).await,
        Command::Configuration(args) => commands::configuration::run(&args).await,
        Command::Compare { one, other } => compare(&one, &other),
    }
}

fn compare(one: &Path, other: &Path) -> anyhow::Result<bool> {
    let read = |file: &Path| -> anyhow::Result<Outcome> {
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is not a report of the cases", file.display()))
    };
    let (one, other) = (read(one)?, read(other)?);
    let intended = IntendedDifferences::read(&project().join("tests/conformance/intended.yaml"))?;
    let found = differences::between([&one, &other], &intended);
    for Difference { location, field, sides } in &found.unintended {
        print(&format!("{location}: {field}\n  {}: {}\n  {}: {}", one.target, sides[0], other.target, sides[1]));
    }
    for (what, times) in &found.intended {
        print(&format!("intended: {what}, seen {times} times"));
    }
    for case in &found.left_out {
        print(&format!("tried on one of them only, since it changes the whole mesh: {case}"));
    }
    for case in &found.refused {
        print(&format!("refused by one of them, as intended: {case}"));
    }
    let (count, unintended) = (found.compared, found.unintended.len());
    print(&format!(
        "{count} probes compared between {} and {}: {unintended} unintended differences",
        one.target, other.target
    ));
    Ok(found.unintended.is_empty())
}
