//! `meshwalk trace`: one trace as a tree, or the list of recent traces. Programs and proxies send their spans in
//! batches, so the output lags by up to a second.

use std::{collections::BTreeSet, process::ExitCode};

use meshwalk_mesh::control::types::{Span, Trace, TraceSummary};

use super::{mesh_name::MeshName, table::table};
use crate::cli;

/// Arguments of `meshwalk trace`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// Trace ID, as `trace.id` in a response shows it, or at least its first six digits. Without it, recent traces are
    /// listed.
    id: Option<String>,
    /// Number of recent traces to list.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: usize,
}

/// Prints a trace or the list of recent traces.
///
/// # Errors
/// Fails if the mesh does not run, the trace has no span, or several trace IDs begin with the given digits.
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
        return "no trace has arrived yet; send a request through the gateway, and try again: spans take up to a second\n".to_owned();
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

/// Formats each span under its parent. Spans whose parent has not arrived are at the top, with a note.
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
    // Skip a span that names itself as its parent, which would recurse without end.
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
