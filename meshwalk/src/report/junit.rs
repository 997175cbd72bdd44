//! Formats a report as JUnit XML for CI systems: a testsuite for each lab, a testcase for each step.

use std::fmt::Write;

use super::{LabReport, Report, StepReport};
use crate::checks::{Status, Verdict};

/// Formats the report.
#[must_use]
pub fn junit(report: &Report) -> String {
    let suites: Vec<_> = report.labs.iter().map(|lab| Suite::new(lab, report)).collect();
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meshwalk\" tests=\"{}\" failures=\"{}\" \
         errors=\"{}\" time=\"{:.3}\">\n",
        sum(|suite| suite.tests),
        sum(|suite| suite.failures),
        sum(|suite| suite.errors),
        report.took_ms / 1000.0,
    );
    for suite in &suites {
        xml.push_str(&suite.text);
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// Testsuite of a lab, with its counts.
struct Suite {
    tests: usize,
    failures: usize,
    errors: usize,
    text: String,
}

impl Suite {
    fn new(lab: &LabReport, report: &Report) -> Self {
        let mut cases = String::new();
        let mut counts = [0, 0, 0];
        for step in &lab.steps {
            let failure = (step.status == Status::Failed).then(|| failure(step));
            let element = failure.as_ref().map(|text| format!("<failure {text}</failure>"));
            counts[0] += usize::from(failure.is_some());
            counts[2] += usize::from(step.status == Status::Skipped);
            let element = element.or_else(|| (step.status == Status::Skipped).then(|| skipped(step.reason.as_deref())));
            case(&mut cases, &lab.lab, &step.title, step.took_ms, element);
        }
        // A lab that ended early, or that has no step, is a case of its own.
        if lab.broke_off {
            counts[1] += 1;
            let reason = escape(lab.reason.as_deref().unwrap_or("the lab ended early"));
            let error = format!("<error message=\"{reason}\" type=\"lab\">{reason}</error>");
            case(&mut cases, &lab.lab, "the lab runs to its end", 0.0, Some(error));
        } else if lab.steps.is_empty() {
            counts[2] += usize::from(lab.status == Status::Skipped);
            let element = (lab.status == Status::Skipped).then(|| skipped(lab.reason.as_deref()));
            case(&mut cases, &lab.lab, &lab.title, lab.took_ms, element);
        }
        let [failures, errors, skips] = counts;
        let tests = lab.steps.len() + usize::from(lab.broke_off || lab.steps.is_empty());
        let text = format!(
            "  <testsuite name=\"{}\" hostname=\"{}\" timestamp=\"{}\" tests=\"{tests}\" failures=\"{failures}\" \
             errors=\"{errors}\" skipped=\"{skips}\" time=\"{:.3}\">\n{cases}  </testsuite>\n",
            escape(&lab.lab),
            escape(&report.platform.name),
            escape(report.started.trim_end_matches('Z')),
            lab.took_ms / 1000.0,
        );
        Self { tests, failures, errors, text }
    }
}

fn case(cases: &mut String, class: &str, name: &str, took_ms: f64, element: Option<String>) {
    let (class, name, time) = (escape(class), escape(name), took_ms / 1000.0);
    let _ = write!(cases, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{time:.3}\"");
    let _ = match element {
        None => writeln!(cases, "/>"),
        Some(element) => writeln!(cases, ">{element}</testcase>"),
    };
}

fn skipped(reason: Option<&str>) -> String {
    format!("<skipped message=\"{}\"/>", escape(reason.unwrap_or_default()))
}

/// Formats the attributes and the text of a failure: each failed check with what was expected and observed.
fn failure(step: &StepReport) -> String {
    let gate = step.gate.iter().flat_map(|gate| &gate.checks);
    let failed: Vec<_> = gate.chain(&step.checks).filter(|check| check.status == Status::Failed).collect();
    let names: Vec<_> = failed.iter().map(|check| format!("{} failed", check.name)).collect();
    let message = match (&step.reason, names.is_empty()) {
        (Some(reason), true) => reason.clone(),
        (None, true) => "the step failed".to_owned(),
        (_, false) => names.join(", "),
    };
    let mut text: Vec<_> = failed.into_iter().map(details).collect();
    text.extend(step.reason.clone());
    format!("message=\"{}\" type=\"check\">{}", escape(&message), escape(&text.join("\n\n")))
}

fn details(check: &Verdict) -> String {
    let Verdict { name, expected, observed, reason, .. } = check;
    format!("{name}\nexpected: {expected}\nobserved: {observed}\nbecause: {reason}")
}

/// Escapes text for XML, also within attributes. Characters that XML 1.0 forbids become U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_markup_and_characters_that_xml_forbids() {
        assert_eq!(escape("<a b=\"c\">&\n]]>"), "&lt;a b=&quot;c&quot;&gt;&amp;&#10;]]&gt;");
        assert_eq!(escape("bell\u{7} esc\u{1b}[1m \u{ffff} ä"), "bell\u{fffd} esc\u{fffd}[1m \u{fffd} ä");
    }
}
