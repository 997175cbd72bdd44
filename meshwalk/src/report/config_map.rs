//! The report as entries of a ConfigMap, which is limited to 1 MiB.

use std::collections::BTreeMap;

use super::{Report, page, table};

/// Size limit of a ConfigMap: Kubernetes accepts 1 MiB of keys and values (ConfigMap v1, field `data`).
const ROOM: usize = 1 << 20;

/// Entries by key; `None` removes an entry of an earlier run.
pub type Entries = BTreeMap<&'static str, Option<String>>;

/// Returns the entries while labs run, which remove an earlier report so that it is not mistaken for this run's.
#[must_use]
pub fn begun(when: &str) -> Entries {
    entries(format!("running since {when}"))
}

/// Returns the entries of a run that ended without a report.
#[must_use]
pub fn broken(why: &str) -> Entries {
    entries(format!("no lab was run: {why}"))
}

/// Returns the entries of a report: status, table, JSON and page. Entries that do not fit are omitted and listed in
/// `left-out`.
#[must_use]
pub fn whole(report: &Report) -> Entries {
    let mut all = entries(if report.interrupted { "interrupted" } else { report.status.word() }.to_owned());
    all.insert("report.txt", Some(table(report)));
    let mut left_out = Vec::new();
    let json = |report: &Report| serde_json::to_string(report).unwrap_or_default();
    let text = json(report);
    if fits(&all, &text) {
        all.insert("report.json", Some(text));
    } else {
        left_out.push("the timelines and the files' texts in report.json");
        let lean = json(&lean(report));
        if fits(&all, &lean) {
            all.insert("report.json", Some(lean));
        } else {
            left_out.push("report.json itself");
        }
    }
    let page = page(report);
    if fits(&all, &page) {
        all.insert("report.html", Some(page));
    } else {
        left_out.push("report.html");
    }
    if !left_out.is_empty() {
        let why = format!("a ConfigMap has room for 1 MiB, so these are left out: {}", left_out.join(", "));
        all.insert("left-out", Some(why));
    }
    all
}

fn entries(outcome: String) -> Entries {
    let mut entries = Entries::from(["report.txt", "report.json", "report.html", "left-out"].map(|key| (key, None)));
    entries.insert("outcome", Some(outcome));
    entries
}

/// Returns true if another entry fits, with space for the list of omitted ones.
fn fits(there: &Entries, text: &str) -> bool {
    const WORDS: usize = 1024;
    let there: usize = there.values().flatten().map(String::len).sum();
    there + text.len() + WORDS < ROOM
}

/// Returns the report without its largest parts.
fn lean(report: &Report) -> Report {
    let mut report = report.clone();
    for lab in &mut report.labs {
        let steps = lab.steps.iter_mut();
        let changes = steps.flat_map(|step| {
            step.traffic.iter_mut().for_each(|traffic| traffic.timeline.clear());
            &mut step.changes
        });
        lab.start.iter_mut().chain(changes).for_each(|change| change.files.clear());
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::Status,
        lab::PlatformKind,
        platform::Description,
        report::{Change, FORMAT, FileText, LabReport, When},
    };

    /// Returns a report with a file of this number of characters.
    fn report(characters: usize) -> Report {
        let file = FileText { path: "a.yaml".into(), text: "x".repeat(characters) };
        let change = Change { when: When::Before, command: "apply".to_owned(), files: vec![file] };
        Report {
            format: FORMAT,
            platform: Description { platform: PlatformKind::Cluster, name: "n".to_owned(), versions: BTreeMap::new() },
            started: String::new(),
            took_ms: 0.0,
            status: Status::Passed,
            interrupted: false,
            labs: vec![LabReport {
                lab: "test".to_owned(),
                title: String::new(),
                teaches: String::new(),
                file: "1-test.yaml".into(),
                status: Status::Passed,
                reason: None,
                broke_off: false,
                took_ms: 0.0,
                start: vec![change],
                steps: Vec::new(),
                restored: Some(true),
            }],
        }
    }

    fn keys(entries: &Entries) -> Vec<&str> {
        entries.iter().filter(|(_, text)| text.is_some()).map(|(key, _)| *key).collect()
    }

    #[test]
    fn what_has_no_room_is_left_out_and_told() {
        assert_eq!(keys(&whole(&report(1000))), ["outcome", "report.html", "report.json", "report.txt"]);
        let half = whole(&report(600_000));
        assert_eq!(keys(&half), ["left-out", "outcome", "report.json", "report.txt"]);
        let lean = whole(&report(ROOM));
        assert_eq!(keys(&lean), ["left-out", "outcome", "report.json", "report.txt"]);
        assert!(lean["left-out"].as_ref().unwrap().contains("the files' texts"), "{lean:?}");
        for entries in [half, lean] {
            assert!(
                entries.iter().map(|(key, text)| key.len() + text.as_ref().map_or(0, String::len)).sum::<usize>()
                    < ROOM
            );
        }
    }

    #[test]
    fn an_earlier_report_does_not_pass_for_that_of_a_run_that_begins_or_breaks() {
        for entries in [begun("now"), broken("no permission")] {
            assert_eq!(keys(&entries), ["outcome"]);
            assert!(["report.txt", "report.json", "report.html", "left-out"].iter().all(|key| entries[key].is_none()));
        }
    }
}
