//! The report as a self-contained HTML page, without scripts, fonts or pictures from other servers.

mod evidence;
mod markup;
mod navigation;
mod plot;
mod scale;
mod step;

use markup::{escape, pill, seconds};

use super::{LabReport, Report};
use crate::checks::Status;

const STYLE: &str = include_str!("style.css");

/// Formats the page.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut body = String::new();
    header(report, &mut body);
    navigation::bar(report, &mut body);
    overview(report, &mut body);
    navigation::commands(report, &mut body);
    for lab in &report.labs {
        section(lab, report.status != Status::Failed, &mut body);
    }
    let title = format!("Meshwalk: {} on {}", report.status.word(), report.platform.platform);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(&title)
    )
}

fn header(report: &Report, body: &mut String) {
    let failed = report.labs.iter().filter(|lab| lab.status == Status::Failed).count();
    let verdict = match report.status {
        Status::Passed => "Every check held".to_owned(),
        Status::Failed => format!("{failed} of {} labs failed", report.labs.len()),
        Status::Skipped => "Every lab was skipped".to_owned(),
    };
    let interrupted = if report.interrupted { " The run was interrupted." } else { "" };
    let versions: Vec<_> = report
        .platform
        .versions
        .iter()
        .map(|(what, version)| format!("<span><b>{}</b> {}</span>", escape(what), escape(version)))
        .collect();
    body.push_str(&format!(
        "<header class=\"{status}\">\n<p class=\"kicker\">Meshwalk</p>\n<h1>{verdict}</h1>\n\
         <p class=\"facts\"><span><b>target</b> {platform} ({name})</span>{versions}<span><b>started</b> {started}</span>\
         <span><b>took</b> {took}</span></p>\n<p>{interrupted}</p>\n</header>\n",
        status = report.status.word(),
        platform = report.platform.platform,
        name = escape(&report.platform.name),
        versions = versions.concat(),
        started = escape(&report.started),
        took = seconds(report.took_ms),
    ));
}

fn overview(report: &Report, body: &mut String) {
    body.push_str(
        "<div class=\"scroll\" id=\"labs\"><table class=\"labs\">\n<thead><tr><th>Lab</th><th></th><th>Status</th>\
         <th class=\"n\">Steps</th><th class=\"n\">Checks held</th><th class=\"n\">Requests</th>\
         <th class=\"n\">Time</th></tr></thead>\n<tbody>\n",
    );
    for lab in &report.labs {
        let checks: Vec<_> = lab.steps.iter().flat_map(|step| &step.checks).collect();
        let held = checks.iter().filter(|check| check.status == Status::Passed).count();
        let requests: u64 =
            lab.steps.iter().flat_map(|step| &step.traffic).map(|traffic| traffic.summary.requests).sum();
        body.push_str(&format!(
            "<tr class=\"{status}\"><td><a href=\"#lab-{id}\">{id}</a></td><td>{title}</td><td>{pill}</td>\
             <td class=\"n\">{steps}</td>\
             <td class=\"n\">{held} of {all}</td><td class=\"n\">{requests}</td><td class=\"n\">{took}</td></tr>\n",
            id = escape(&lab.lab),
            title = escape(&lab.title),
            status = lab.status.word(),
            pill = pill(lab.status),
            steps = lab.steps.len(),
            all = checks.len(),
            took = seconds(lab.took_ms),
        ));
    }
    body.push_str("</tbody>\n</table></div>\n");
}

fn section(lab: &LabReport, open_all: bool, body: &mut String) {
    body.push_str(&format!(
        "<section id=\"lab-{id}\" class=\"{status}\">\n<h2>{title} {pill}</h2>\n<p class=\"file\">{id}, {file}, {took}</p>\n\
         <p class=\"teaches\">{teaches}</p>\n",
        id = escape(&lab.lab),
        title = escape(&lab.title),
        status = lab.status.word(),
        pill = pill(lab.status),
        file = escape(&lab.file.display().to_string()),
        took = seconds(lab.took_ms),
        teaches = escape(&lab.teaches),
    ));
    if let Some(reason) = &lab.reason {
        body.push_str(&format!("<p class=\"why {}\">{}</p>\n", lab.status.word(), escape(reason)));
    }
    if !lab.start.is_empty() {
        body.push_str("<div class=\"start\"><h3>Start state</h3>\n");
        step::changes(&lab.start, body);
        body.push_str("</div>\n");
    }
    for (index, step) in lab.steps.iter().enumerate() {
        let open = open_all || step.status == Status::Failed;
        step::card(&navigation::step_id(lab, index), index + 1, open, step, body);
    }
    if lab.restored == Some(true) {
        body.push_str("<p class=\"restored\">The state from before the lab was restored.</p>\n");
    }
    body.push_str("</section>\n");
}
