//! Compares the observations of the same probes on two meshes, including those without an expectation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    intended_differences::IntendedDifferences,
    names,
    suite::{CaseOutcome, Outcome},
};

/// Difference between two meshes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Case and probe that differ.
    pub location: String,
    /// Field that differs, such as `request.headers.x-forwarded-proto`.
    pub field: String,
    /// Value on each mesh.
    pub sides: [String; 2],
}

/// Differences between two runs of the same cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Unintended differences.
    pub unintended: Vec<Difference>,
    /// Intended differences: their names, and how often each was observed.
    pub intended: BTreeMap<String, usize>,
    /// Cases that one of the meshes rejects, as intended.
    pub refused: Vec<String>,
    /// Cases that were excluded from one of the runs.
    pub left_out: Vec<String>,
    /// Number of probes with results on both meshes.
    pub compared: usize,
}

/// Compares two runs.
#[must_use]
pub fn between(runs: [&Outcome; 2], intended: &IntendedDifferences) -> Differences {
    let mut found = Differences::default();
    let cases = |run: &'_ Outcome| -> BTreeMap<String, CaseOutcome> {
        run.cases.iter().map(|case| (case.case.clone(), case.clone())).collect()
    };
    let [one, other] = runs.map(cases);
    for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
        match (one.get(name), other.get(name)) {
            (Some(one), Some(other)) if one.refused.is_some() != other.refused.is_some() => {
                found.refused.push(name.clone());
            }
            (Some(a), Some(b)) => of_case(&mut found, name, [a, b], runs, intended),
            _ if runs.iter().any(|run| run.left_out.contains(name)) => found.left_out.push(name.clone()),
            (here, _) => {
                let side = |there: bool| if there { "there" } else { "no such case" }.to_owned();
                found.unintended.push(Difference {
                    location: name.clone(),
                    field: String::new(),
                    sides: [side(here.is_some()), side(here.is_none())],
                });
            }
        }
    }
    found
}

fn of_case(
    found: &mut Differences,
    name: &str,
    cases: [&CaseOutcome; 2],
    runs: [&Outcome; 2],
    intended: &IntendedDifferences,
) {
    for (one, other) in cases[0].probes.iter().zip(&cases[1].probes) {
        found.compared += 1;
        let flat = [(one, runs[0]), (other, runs[1])].map(|(seen, run)| {
            let mut fields = BTreeMap::new();
            let text = serde_json::to_string(&seen.observed).unwrap_or_default();
            let own = names::in_cases_own(&text, &run.namespace);
            flatten(&serde_json::from_str(&own).unwrap_or_default(), "", &mut fields);
            fields
        });
        let location = format!("{name} / {}", one.probe);
        for field in flat[0].keys().chain(flat[1].keys()).collect::<BTreeSet<_>>() {
            let sides = [&flat[0], &flat[1]].map(|fields| fields.get(field).cloned().unwrap_or("nothing".to_owned()));
            if sides[0] == sides[1] {
                continue;
            }
            match intended.of_behaviour(field, &sides) {
                Some(what) => *found.intended.entry(what.to_owned()).or_default() += 1,
                None => {
                    found.unintended.push(Difference { location: location.clone(), field: field.clone(), sides });
                }
            }
        }
    }
}

/// Returns an observation's fields by their paths; a list is one value.
fn flatten(value: &Value, path: &str, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                // The duration and the responding pods of several are random. A case expects a number if it is certain.
                // Whether any pod responded is compared.
                match (path, name.as_str()) {
                    ("", "longest_ms" | "versions") | ("answered", "x-meshwalk-version") => {}
                    ("", "instances") => {
                        let any = value.as_array().is_some_and(|instances| !instances.is_empty());
                        fields.insert(name.clone(), if any { "some" } else { "none" }.to_owned());
                    }
                    _ => flatten(value, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, fields),
                }
            }
        }
        Value::Null => {}
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            fields.insert(path.to_owned(), items.join(", "));
        }
        other => drop(fields.insert(path.to_owned(), plain(other))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        intended_differences::Row,
        observation::{Observation, Request},
        suite::ProbeResult,
    };

    fn outcome(namespace: &str, case: &str, header: &str) -> Outcome {
        let host = format!("echo.{namespace}");
        let headers = BTreeMap::from([(header.to_owned(), vec!["a".to_owned()])]);
        let request = Some(Request { host, headers, ..Request::default() });
        let observed = Observation { request, longest_ms: 3.0, ..Observation::default() };
        let probes = vec![ProbeResult { probe: "one".to_owned(), observed }];
        let case =
            CaseOutcome { case: case.to_owned(), passed: true, unmet: Vec::new(), refused: None, probes, took_s: 1.0 };
        Outcome { target: "local".into(), namespace: namespace.into(), cases: vec![case], left_out: Vec::new() }
    }

    #[test]
    fn the_same_in_another_namespace_is_no_difference() {
        let found =
            between([&outcome("conformance", "a", "x"), &outcome("mine", "a", "x")], &IntendedDifferences::default());
        assert_eq!((found.unintended, found.compared), (Vec::new(), 1));
    }

    #[test]
    fn what_only_one_of_them_shows_is_a_difference_unless_it_is_intended() {
        let (one, other) = (outcome("c", "a", "x"), outcome("c", "a", "y"));
        let found = between([&one, &other], &IntendedDifferences::default());
        let fields: Vec<&str> = found.unintended.iter().map(|difference| difference.field.as_str()).collect();
        assert_eq!(fields, ["request.headers.x", "request.headers.y"]);
        let row = |pattern: &str| Row {
            what: "it".to_owned(),
            behaviour: vec![pattern.to_owned()],
            configuration: Vec::new(),
            filters: Vec::new(),
            unseen: None,
        };
        let intended = IntendedDifferences { differences: vec![row("request.headers.*")] };
        assert_eq!(between([&one, &other], &intended).intended["it"], 2);
    }

    #[test]
    fn a_case_that_one_of_them_lacks_is_a_difference_unless_it_was_left_out() {
        let (one, mut other) = (outcome("c", "a", "x"), outcome("c", "b", "x"));
        assert_eq!(between([&one, &other], &IntendedDifferences::default()).unintended.len(), 2);
        other.left_out = vec!["a".to_owned()];
        let found = between([&one, &other], &IntendedDifferences::default());
        assert_eq!((found.unintended.len(), found.left_out), (1, vec!["a".to_owned()]));
    }
}
