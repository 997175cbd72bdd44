//! Formats a step: its changes, traffic and checks.

use super::{
    evidence,
    markup::{escape, pill, seconds, yaml},
};
use crate::{
    checks::{Status, Verdict},
    lab::GateOutcome,
    report::{Change, GateReport, StepReport, WaitReport, When},
};

/// Formats a step as a card that folds. `id` is the anchor of the step.
pub(super) fn card(id: &str, number: usize, open: bool, step: &StepReport, body: &mut String) {
    body.push_str(&format!(
        "<details class=\"step {status}\" id=\"{id}\"{open}>\n<summary><h3><span class=\"number\">{number}</span> \
         {title} {pill}</h3><span class=\"took\">{took}</span></summary>\n",
        status = step.status.word(),
        id = escape(id),
        open = if open { " open" } else { "" },
        title = escape(&step.title),
        pill = pill(step.status),
        took = if step.status == Status::Skipped { String::new() } else { seconds(step.took_ms) },
    ));
    if let Some(explain) = &step.explain {
        body.push_str(&format!("<p class=\"explain\">{}</p>\n", escape(explain)));
    }
    if let Some(reason) = &step.reason {
        body.push_str(&format!("<p class=\"why {}\">{}</p>\n", step.status.word(), escape(reason)));
    }
    changes(&step.changes, body);
    for wait in &step.waits {
        waited(wait, body);
    }
    for traffic in &step.traffic {
        evidence::traffic(traffic, step.traffic.len() > 1, body);
    }
    if let Some(gate) = &step.gate {
        gate_report(gate, body);
    }
    if !step.checks.is_empty() && step.status != Status::Skipped {
        checks(&step.checks, body);
    }
    body.push_str("</details>\n");
}

/// Formats changes as the equivalent commands, with each file in a collapsed block.
pub(super) fn changes(changes: &[Change], body: &mut String) {
    for change in changes {
        let when = match change.when {
            When::Before => "",
            When::During => "<b>during the traffic</b> ",
            When::Rollback => "<b>rollback</b> ",
        };
        body.push_str("<div class=\"change\">");
        for (index, command) in change.command.lines().enumerate() {
            let when = if index == 0 { when } else { "" };
            body.push_str(&format!("<p>{when}<code>{}</code></p>\n", escape(command)));
        }
        for file in &change.files {
            body.push_str(&format!(
                "<details><summary>{}</summary><pre>{}</pre></details>\n",
                escape(&file.path.display().to_string()),
                yaml(&file.text)
            ));
        }
        body.push_str("</div>\n");
    }
}

fn waited(wait: &WaitReport, body: &mut String) {
    let (class, words) = if wait.came { ("wait", "Effect seen after") } else { ("wait failed", "No effect within") };
    let probes = if wait.probes == 1 { "1 probe".to_owned() } else { format!("{} probes", wait.probes) };
    body.push_str(&format!(
        "<p class=\"{class}\">{words} {} and {probes}: {}; the last one showed {}.</p>\n",
        seconds(wait.took_ms),
        escape(&wait.what),
        escape(&wait.last)
    ));
}

fn gate_report(gate: &GateReport, body: &mut String) {
    let words = match gate.outcome {
        GateOutcome::Held => "The gate holds",
        GateOutcome::Breached => "The gate is breached, and the lab rolled back",
    };
    let class = if gate.outcome == GateOutcome::Held { "held" } else { "breached" };
    body.push_str(&format!("<div class=\"gate {class}\"><h4>{words}</h4>\n"));
    checks(&gate.checks, body);
    body.push_str("</div>\n");
}

/// Formats checks with their evidence.
fn checks(checks: &[Verdict], body: &mut String) {
    body.push_str(
        "<div class=\"scroll\"><table class=\"checks\">\n<thead><tr><th></th><th>Check</th><th>Expected</th>\
         <th>Observed</th></tr></thead>\n<tbody>\n",
    );
    for check in checks {
        body.push_str(&format!(
            "<tr class=\"{status}\"><td>{pill}</td><td>{name}</td><td data-label=\"Expected\">{expected}</td>\
             <td data-label=\"Observed\">{observed}\
             <small>{reason}</small></td></tr>\n",
            status = check.status.word(),
            pill = pill(check.status),
            name = escape(&check.name),
            expected = escape(&check.expected),
            observed = escape(&check.observed),
            reason = escape(&check.reason),
        ));
    }
    body.push_str("</tbody>\n</table></div>\n");
}
