//! Tests for fault rules of a lab, and for checks that name their modes.

use super::{TRAFFIC, diagnostics, step};

/// Returns the problems of a lab that sets these rules in double quotes. They begin on line 5, in column 40.
fn told(rules: &str) -> String {
    diagnostics(&step(&format!("    faults: {{service: backend, rules: \"{rules}\"}}\n")))
}

#[test]
fn every_kind_of_wrong_rule_is_told_with_its_place_and_what_would_be_right() {
    for (rules, column, wrong, help) in [
        ("eror=503", 40, "unknown mode `eror`", "did you mean `error`?"),
        ("error", 40, "`error` needs an argument", "write error=STATUS"),
        ("unready=1", 48, "`unready` takes no argument", "write unready;ttl=30s"),
        ("error=abc", 46, "`abc` is not a valid error status", "a number from 400 to 599"),
        ("error=503@30", 50, "the percentage `30` has no per cent sign", "write it as in @30%"),
        ("error=503@130%", 50, "130 is more than 100 %", "a number from 0 to 100"),
        ("error=503@1%@2%", 52, "an `@` out of place", "the percentage comes once"),
        ("error=500:60,503:50", 53, "the percentages add up to more than 100", "lower them"),
        ("unready@5%", 48, "`unready` takes no percentage", "leave out @"),
        ("error=503;pth=/a", 50, "unknown key `pth`", "did you mean `path`?"),
        ("error=503;path=/a;path=/b", 58, "the key `path` appears twice", "leave one of them out"),
        ("error=503;path=a", 55, "no path begins like `a`", "begins with `/` or `*`"),
        ("error=503;id", 52, "the key `id` has no value", "write ;id=VALUE"),
        ("unready;path=/a", 48, "`unready` is about the whole process", "keys of `unready`: "),
        ("latency=5parsecs", 49, "`parsecs` is not a valid unit of time", "us, ms, s, m or h"),
        ("latency=uniform(2s,1s)", 56, "the wrong way round", "write the smaller bound first"),
        ("fail-first=x", 51, "`x` is not a whole number", "as in fail-first=2"),
        ("rate-limit=10", 51, "`10` is not a valid rate", "as in rate-limit=10/s"),
        ("crash=256", 46, "`256` is not a valid exit code", "a number from 0 to 255"),
        ("cpu=-1", 44, "`-1` is not a valid number of cores", "as in cpu=2"),
        ("error=503;ttl=0s", 54, "out of range", "more than nothing"),
        ("error=503;id=7up", 53, "this cannot be an id", "an id is a letter"),
        ("=503", 40, "a mode is missing here", "a rule begins with a mode"),
        ("error=503 |", 51, "a rule is missing after `|`", "only between two rules"),
        ("slow-start=5s", 40, "`slow-start` means nothing once the process runs", "set it by --fault"),
        ("error=503;id=a|reset;id=a", 64, "the id `a` appears twice", "an id of its own"),
        // The location after another rule, and after a character that YAML writes as two.
        ("latency=1s | error=2xx", 59, "`2xx` is not a valid error status", "a number from 400 to 599"),
        (r#"error=503;path=\"/a\";pth=/b"#, 62, "unknown key `pth`", "did you mean `path`?"),
        (r#"error=\"5"#, 46, "a quotation mark that is not closed", "close it with another"),
    ] {
        let told = told(rules);
        let line = rules.replace('\\', "");
        let begins = format!("1-test.yaml:5:{column}: steps[0].faults.rules: the fault rule in `{line}` is wrong: ");
        let rest = told.strip_prefix(&begins).unwrap_or_else(|| panic!("{rules}: no `{begins}` in {told}"));
        let (message, right) = rest.split_once("; ").unwrap_or_else(|| panic!("{rules}: no remedy in {told}"));
        assert!(message.contains(wrong) && right.contains(help), "{rules}: {told}");
        assert!(!told.contains('\n'), "{rules}: {told}");
    }
}

#[test]
fn a_wrong_rule_is_found_in_whatever_way_it_is_written() {
    for (rules, location) in [
        ("error=abc", "7:20"),
        ("'error=abc'", "7:21"),
        ("|\n        latency=1s\n        error=abc\n", "9:15"),
        // Folded YAML is one line to the parser, so the location is that of the text.
        (">\n        latency=1s |\n        error=abc\n", "8:9"),
    ] {
        let told = diagnostics(&step(&format!("    faults:\n      service: backend\n      rules: {rules}\n")));
        let line = told.lines().next().unwrap();
        let begins = format!("1-test.yaml:{location}: steps[0].faults.rules: ");
        assert!(line.starts_with(&begins) && line.contains("`abc` is not a valid error status"), "{rules}: {told}");
    }
}

#[test]
fn rules_of_several_lines_are_right_and_their_modes_may_be_the_processs() {
    let lab = step("    faults: {service: backend, rules: \"crash=137;after=5s | unready\"}\n    aply: x\n");
    assert_eq!(diagnostics(&lab), "1-test.yaml:6:5: steps[0].aply: unknown key; did you mean `apply`?");
}

#[test]
fn checks_name_modes_that_there_are() {
    let lab = step(&format!(
        "{TRAFFIC}    expect:\n      - {{faults-injected: {{eror: 100%}}}}\n      - {{faults-injected: unready}}\n      \
         - {{metric: {{name: a, workload: b, delta: \"= faults:latncy\"}}}}\n      \
         - {{adds-up: {{left: [{{client: success}}], right: [{{faults: explode}}]}}}}\n"
    ));
    let told = diagnostics(&lab);
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    let begins = [
        "1-test.yaml:7:28: steps[0].expect[0].faults-injected.eror: `eror` is not a mode of requests' faults; did you mean `error`?",
        "1-test.yaml:8:27: steps[0].expect[1].faults-injected: `unready` is not a mode of requests' faults; there are `error`, ",
        "1-test.yaml:9:48: steps[0].expect[2].metric.delta: `latncy` is not a mode of faults; did you mean `latency`?",
        "1-test.yaml:10:64: steps[0].expect[3].adds-up.right[0].faults: `explode` is not a mode of faults; there are `error`, ",
    ];
    for (line, begins) in lines.iter().zip(begins) {
        assert!(line.starts_with(begins), "{line}\ninstead of\n{begins}");
    }
}
