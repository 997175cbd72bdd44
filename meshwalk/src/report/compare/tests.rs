use serde_json::{Value, json};

use super::{Comparison, compare, parse, words};

fn check(name: &str, expected: &str, status: &str) -> Value {
    json!({"name": name, "expected": expected, "observed": "40.1 %", "status": status, "reason": "so it is"})
}

fn step(title: &str, status: &str, checks: &[Value]) -> Value {
    json!({"title": title, "status": status, "reason": null, "gate": null, "checks": checks})
}

fn report(target: &str) -> Value {
    json!({"format": 1, "target": target, "interrupted": false, "labs": [
        {"lab": "canary", "status": "passed", "reason": null, "restored": true, "steps": [
            step("Ten", "passed", &[check("share", "v2: 10 %", "passed"), check("share", "v1: 90 %", "passed")]),
            {"title": "Half", "status": "passed", "reason": null, "checks": [check("gate", "held", "passed")],
             "gate": {"outcome": "held", "checks": [check("success", ">= 99 %", "passed")]}},
        ]},
        {"lab": "mtls", "status": "passed", "reason": null, "restored": true, "steps": [
            step("Strict", "passed", &[check("peer", "none", "passed")]),
        ]},
    ]})
}

/// Compares the report of one platform with a changed report of the other.
fn after(change: impl FnOnce(&mut Value)) -> Comparison {
    let read = |report: &Value| parse(report.to_string().as_bytes()).unwrap();
    let (one, mut other) = (report("local"), report("cluster"));
    change(&mut other);
    compare([&read(&one), &read(&other)], ["local".into(), "cluster".into()], &["peer".to_owned()])
}

#[test]
fn reports_with_the_same_verdicts_agree_whatever_the_figures() {
    let found = after(|report| {
        report["labs"][0]["steps"][0]["checks"][0]["observed"] = json!("9.7 %");
        report["labs"].as_array_mut().unwrap().reverse();
    });
    assert!(found.agree(), "{found:?}");
    assert_eq!(words(&found), "local and cluster: 2 labs, 3 steps, 5 checks compared\nthey agree\n");
}

#[test]
fn a_flipped_verdict_is_a_difference_and_is_shown_with_what_was_seen() {
    let found = after(|report| report["labs"][0]["steps"][0]["checks"][1]["status"] = json!("failed"));
    assert_eq!(found.differences.len(), 1);
    assert_eq!(
        words(&found),
        "local and cluster: 2 labs, 3 steps, 5 checks compared\nthey differ in 1 place:\n\n\
         WHERE                          LOCAL   CLUSTER\ncanary / Ten / share v1: 90 %  passed  failed\n\n\
         canary / Ten / share v1: 90 %\n  local: 40.1 %\ncanary / Ten / share v1: 90 %\n  cluster: 40.1 %\n"
    );
}

#[test]
fn whatever_only_one_of_them_has_is_a_difference() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 6] = [
        ("a lab", |report| drop(report["labs"].as_array_mut().unwrap().pop())),
        ("a step", |report| drop(report["labs"][0]["steps"].as_array_mut().unwrap().pop())),
        ("a check", |report| drop(report["labs"][0]["steps"][0]["checks"].as_array_mut().unwrap().pop())),
        ("another check", |report| report["labs"][0]["steps"][0]["checks"][0]["expected"] = json!("v2: 20 %")),
        ("a gate's check", |report| report["labs"][0]["steps"][1]["gate"]["checks"] = json!([])),
        ("a gate", |report| report["labs"][0]["steps"][1]["gate"] = Value::Null),
    ];
    for (what, change) in changes {
        let found = after(change);
        assert!(!found.agree(), "{what} is missing, and nobody noticed");
        assert!(words(&found).contains("no "), "{what}: {}", words(&found));
    }
}

#[test]
fn an_outcome_other_than_a_check_is_compared_too() {
    type Change = fn(&mut Value);
    let changes: [Change; 4] = [
        |report| report["labs"][0]["steps"][1]["gate"]["outcome"] = json!("breached"),
        |report| report["labs"][1]["restored"] = json!(false),
        |report| report["labs"][1]["status"] = json!("failed"),
        |report| report["interrupted"] = json!(true),
    ];
    for change in changes {
        assert_eq!(after(change).differences.len(), 1);
    }
}

#[test]
fn what_a_lab_leaves_out_on_one_target_is_listed_and_is_no_difference() {
    let found = after(|report| {
        report["labs"][0]["steps"][0] = step("Ten", "skipped", &[]);
        report["labs"][0]["steps"][0]["reason"] = json!("only a pod can do it");
        report["labs"][1]["status"] = json!("skipped");
        report["labs"][1]["reason"] = json!("this lab runs on local only");
        report["labs"][1]["steps"] = json!([]);
    });
    assert!(found.agree(), "{found:?}");
    let words = words(&found);
    assert!(words.contains("not looked at on cluster: canary / Ten: only a pod can do it\n"), "{words}");
    assert!(words.contains("not looked at on cluster: mtls: this lab runs on local only\n"), "{words}");
}

#[test]
fn a_check_that_a_target_could_not_look_at_is_a_difference() {
    // A lab may exclude whole steps; other missing checks are differences.
    let found = after(|report| report["labs"][0]["steps"][0]["checks"][0]["status"] = json!("skipped"));
    assert_eq!(found.differences[0].reasons[1], "so it is");
    // Checks named by `--may-skip` are an exception.
    let found = after(|report| report["labs"][1]["steps"][0]["checks"][0]["status"] = json!("skipped"));
    assert!(
        found.agree() && words(&found).contains("not looked at on cluster: mtls / Strict / peer none"),
        "{found:?}"
    );
    let found = after(|report| report["labs"][1]["steps"][0]["checks"][0]["status"] = json!("failed"));
    assert!(!found.agree(), "what was seen to fail was looked at");
    // A step that was not reached because the lab ended early is a difference.
    let found = after(|report| {
        report["labs"][0]["status"] = json!("failed");
        report["labs"][0]["steps"][1]["status"] = json!("skipped");
    });
    assert_eq!(found.differences.len(), 2, "{found:?}");
    assert_eq!(found.left_out, []);
}

#[test]
fn what_is_no_report_of_this_format_is_refused() {
    assert!(parse(b"{}").unwrap_err().contains("missing field"));
    let mut newer = report("local");
    newer["format"] = json!(2);
    assert_eq!(parse(newer.to_string().as_bytes()).unwrap_err(), "its format is 2, and this program reads 1");
}
