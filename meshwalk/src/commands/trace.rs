//! `meshwalk trace`: one trace as a tree, or the list of recent ones. Programs and proxies send their spans in batches, so
//! what is shown lags behind by up to a second.

use std::{collections::BTreeSet, process::ExitCode};

use meshwalk_mesh::control::types::{Span, Trace, TraceSummary};

use super::{named::Named, table::table};
use crate::cli;

/// Which trace.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: Named,
    /// The trace's id, as `trace.id` in an answer shows it, or its first six digits or more; without it the recent
    /// traces are listed.
    id: Option<String>,
    /// How many recent traces to list.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: usize,
}

/// Prints it.
///
/// # Errors
/// If the mesh does not run, has no span of that trace, or has several traces whose ids begin so.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.mesh.client();
    let text = match &args.id {
        Some(id) => tree(&client.trace(id).await?),
        None => list(&client.traces(args.limit).await?),
    };
    cli::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn list(traces: &[TraceSummary]) -> String {
    if traces.is_empty() {
        return "no trace has come in yet; send a request through the gateway, and ask again: spans take up to a second\n".to_owned();
    }
    let lines: Vec<Vec<String>> = traces
        .iter()
        .map(|trace| {
            let error = if trace.error { "error" } else { "ok" };
            vec![
                trace.id.clone(),
                trace.spans.to_string(),
                milliseconds(trace.duration_ns),
                error.to_owned(),
                trace.services.join(", "),
            ]
        })
        .collect();
    table(&["TRACE", "SPANS", "TOOK", "STATUS", "SERVICES"], &lines)
}

/// Every span under its parent; spans whose parent has not come in stand at the top, and say so.
fn tree(trace: &Trace) -> String {
    let known: BTreeSet<&str> = trace.spans.iter().map(|span| span.id.as_str()).collect();
    let mut text = format!("trace {}\n", trace.id);
    for span in &trace.spans {
        match &span.parent {
            Some(parent) if known.contains(parent.as_str()) => {}
            parent => branch(trace, span, "", parent.is_some(), &mut text),
        }
    }
    text
}

fn branch(trace: &Trace, span: &Span, indent: &str, orphan: bool, text: &mut String) {
    let orphan = if orphan { "  (its parent has not come in)" } else { "" };
    text.push_str(&format!("{indent}{}{orphan}\n", label(span)));
    // A span that names itself as its parent would never end.
    for child in trace.spans.iter().filter(|child| child.parent.as_ref() == Some(&span.id) && child.id != span.id) {
        branch(trace, child, &format!("{indent}  "), false, text);
    }
}

fn label(span: &Span) -> String {
    let status = span.attributes.get("http.response.status_code").or_else(|| span.attributes.get("http.status_code"));
    let status = status.map(|status| format!("  {status}")).unwrap_or_default();
    let error = if span.error { "  error" } else { "" };
    let mut faults: Vec<String> = span
        .attributes
        .iter()
        .filter(|(name, _)| name.contains("fault"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    for event in span.events.iter().filter(|event| event.name.contains("fault")) {
        let details: Vec<String> = event.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        faults.push(format!("{} {}", event.name, details.join(" ")));
    }
    let flags = span.attributes.get("response_flags").filter(|flags| *flags != "-");
    faults.extend(flags.map(|flags| format!("response_flags={flags}")));
    let faults = if faults.is_empty() { String::new() } else { format!("  [{}]", faults.join(", ")) };
    format!(
        "{}  {} ({})  {}{status}{error}{faults}",
        span.service,
        span.operation,
        span.kind,
        milliseconds(span.duration_ns)
    )
}

#[allow(clippy::cast_precision_loss, reason = "a span of 2^53 ns would have taken 104 days")]
fn milliseconds(nanoseconds: u64) -> String {
    format!("{:.1} ms", nanoseconds as f64 / 1e6)
}
