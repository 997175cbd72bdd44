//! Formats the bar with links to labs and to the first failure, and what the commands of the report need.

use super::markup::escape;
use crate::{
    checks::Status,
    lab::PlatformKind,
    report::{LabReport, Report},
};

/// Returns the anchor of a step.
pub(super) fn step_id(lab: &LabReport, index: usize) -> String {
    format!("lab-{}-step-{}", lab.lab, index + 1)
}

/// Formats the bar. The filter needs no script: the style hides what did not fail while the box is checked.
pub(super) fn bar(report: &Report, body: &mut String) {
    body.push_str("<nav aria-label=\"Report\"><a href=\"#labs\">All labs</a>");
    if let Some(anchor) = first_failure(report) {
        body.push_str(&format!(
            "<a href=\"#{}\">✗ First failure</a>\
             <label><input type=\"checkbox\" id=\"failed-only\"> Failed only</label>",
            escape(&anchor)
        ));
    }
    for lab in &report.labs {
        let sign = super::markup::sign(lab.status);
        body.push_str(&format!(
            "<a class=\"lab {status}\" href=\"#lab-{id}\">{sign} {id}</a>",
            status = lab.status.word(),
            id = escape(&lab.lab)
        ));
    }
    body.push_str("</nav>\n");
}

/// Returns the anchor of the first failed step, or of the first failed lab if no step of it failed.
fn first_failure(report: &Report) -> Option<String> {
    let lab = report.labs.iter().find(|lab| lab.status == Status::Failed)?;
    let step = lab.steps.iter().position(|step| step.status == Status::Failed);
    Some(step.map_or_else(|| format!("lab-{}", lab.lab), |index| step_id(lab, index)))
}

/// Formats what must be up before the commands of the report can be run.
pub(super) fn commands(report: &Report, body: &mut String) {
    let name = escape(&report.platform.name);
    let words = match report.platform.platform {
        PlatformKind::Local => format!(
            "The commands name the mesh <code>{name}</code>. If it is down, start it in the project's folder with \
             <code>meshwalk up --name {name}</code>, and run the commands in a second terminal."
        ),
        PlatformKind::Cluster => format!(
            "The commands need the kubeconfig context <code>{name}</code>, with Istio and the workload \
             (<code>scripts/deploy.sh</code>). Commands with a local port also need the port-forward of the run."
        ),
    };
    body.push_str(&format!("<p class=\"file\">To repeat a step: {words}</p>\n"));
}
