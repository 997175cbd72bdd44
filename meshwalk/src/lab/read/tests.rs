use super::*;

mod faults;

/// Returns the problems of a lab, one per line, without the folder.
fn diagnostics(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("1-test.yaml");
    std::fs::write(&file, text).unwrap();
    let diagnostics = read(&file).expect_err("the lab is wrong").to_string();
    diagnostics.replace(&format!("{}/", folder.path().display()), "")
}

/// Returns a lab of one step that begins on line 4.
fn step(rest: &str) -> String {
    format!("lab: test\ntitle: A test\nsteps:\n  - title: One\n{rest}")
}

const TRAFFIC: &str = "    traffic: {from: gateway, rate: 400/s, for: 2s}\n";

#[test]
fn a_whole_lab_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("7-test.yaml");
    let text = step(&format!(
        "    apply: [a.yaml, b.yaml]\n{TRAFFIC}    expect:\n      - {{share: {{v1: 90%, v2: 10%}}, name: split}}\n      - p99: \"<= 500ms\"\n"
    ));
    std::fs::write(&file, text).unwrap();
    let (lab, files) = read(&file).unwrap();
    assert_eq!((lab.id.as_str(), lab.number, lab.service.as_str()), ("test", Some(7), "backend"));
    assert_eq!(lab.steps[0].traffic[0].requests(), 800);
    assert_eq!(lab.steps[0].expect[0].name.as_deref(), Some("split"));
    assert_eq!(files.iter().map(|(path, ..)| path.display().to_string()).collect::<Vec<_>>(), ["a.yaml", "b.yaml"]);
    assert_eq!((files[1].1.line, files[1].1.column), (5, 21));
}

#[test]
fn rollouts_are_read_and_what_is_wrong_with_them_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("7-test.yaml");
    let rollout = "    scale: {deployment: backend-v1, replicas: 3}\n    restart: [backend-v2, frontend]\n\
                   \x20   expect: [instances: {backend-v2: replaced, backend-v1: 3, unauthorized: kept}]\n";
    std::fs::write(&file, step(rollout)).unwrap();
    let (lab, _) = read(&file).unwrap();
    let actions = &lab.steps[0].actions;
    assert_eq!((actions.scale[0].deployment.as_str(), actions.scale[0].replicas), ("backend-v1", 3));
    assert_eq!(actions.restart.iter().map(|r| r.deployment.as_str()).collect::<Vec<_>>(), ["backend-v2", "frontend"]);
    assert_eq!(
        diagnostics(&step("    scale: {deployment: backend-v1}\n    expect: [instances: {backend-v2: replcaed}]\n")),
        "1-test.yaml:5:12: steps[0].scale.replicas: it is missing; write it, as `replicas: 1`\n\
         1-test.yaml:6:38: steps[0].expect[0].instances.backend-v2: `replcaed` is not known here; did you mean `replaced`?"
    );
    let wait = "    wait: {from: gateway, until: [instances: {backend-v2: kept}]}\n";
    assert!(diagnostics(&step(wait)).contains("one probe cannot decide this"));
}

#[test]
fn a_misspelt_key_is_told_with_its_place_and_the_nearest_word() {
    assert_eq!(
        diagnostics(&step("    aply: a.yaml\n")),
        "1-test.yaml:5:5: steps[0].aply: unknown key; did you mean `apply`?"
    );
    assert_eq!(
        diagnostics(&step(&format!("{TRAFFIC}    expect:\n      - shares: {{v1: 100%}}\n"))),
        "1-test.yaml:7:9: steps[0].expect[0].shares: unknown key; did you mean `share`?"
    );
}

#[test]
fn every_quantity_says_how_it_is_written() {
    assert_eq!(
        diagnostics(&step("    traffic: {from: gatway, rate: 4/h, for: 2}\n")),
        "1-test.yaml:5:21: steps[0].traffic.from: `gatway` is not known here; did you mean `gateway`?\n\
         1-test.yaml:5:35: steps[0].traffic.rate: `4/h` is not a rate; write requests per second, more than 0, as `400/s`\n\
         1-test.yaml:5:45: steps[0].traffic.for: `2` is not a duration; write a number and a unit, as `200ms`, `2s` or `1m`"
    );
    assert_eq!(
        diagnostics(&step(&format!("{TRAFFIC}    expect: [success: 0.99, p99: 500ms, status: {{99: 10%}}]\n"))),
        "1-test.yaml:6:23: steps[0].expect[0].success: `0.99` is not a percentage; write a number from 0 to 100 and `%`, as `10%`\n\
         1-test.yaml:6:34: steps[0].expect[1].p99: `500ms` is not a valid bound; write `<=` or `>=` and a duration, as `\"<= 500ms\"`\n\
         1-test.yaml:6:50: steps[0].expect[2].status[\"99\"]: x"
            .replace("status[\"99\"]: x", "status.99: `99` cannot occur in `status`; write a status, as `503`, or `failed` for no HTTP answer")
    );
}

#[test]
fn what_is_missing_is_told_with_an_example() {
    assert_eq!(
        diagnostics("lab: Test\nsteps: []\n"),
        "1-test.yaml:1:1: title: it is missing; write it, as `title: Shift traffic in steps`\n\
         1-test.yaml:1:6: lab: `Test` is not a valid lab name; write small letters, digits and `-`, as `canary`\n\
         1-test.yaml:2:8: steps: there is no step; write a list of steps, each with a title"
    );
}

#[test]
fn checks_need_traffic_and_refer_to_what_is_there() {
    assert_eq!(
        diagnostics(&step("    expect: [success: 100%]\n")),
        "1-test.yaml:5:14: steps[0].expect: this check needs traffic, and the step sends none; add `traffic: {from: gateway, rate: 100/s, for: 2s}`"
    );
    assert_eq!(
        diagnostics(&step(&format!("{TRAFFIC}    expect: [{{success: 100%, of: gatevay}}, gate: held]\n"))),
        "1-test.yaml:6:15: steps[0].expect: no traffic of this step has the name `gatevay`; did you mean `gateway`?\n\
         1-test.yaml:6:44: steps[0].expect: the step has no gate; add a `gate` with `checks` and a `rollback`"
    );
}

#[test]
fn traffic_that_could_not_be_read_is_told_once_and_not_with_each_check() {
    let rest = "    traffic: {from: gateway, rate: 4/h, for: 2s}\n    during: {clear-faults: true}\n    \
                expect: [success: 100%, {p99: \"<= 1s\", of: main}, gate: held]\n";
    assert_eq!(
        diagnostics(&step(rest)),
        "1-test.yaml:5:36: steps[0].traffic.rate: `4/h` is not a rate; write requests per second, more than 0, as `400/s`\n\
         1-test.yaml:7:55: steps[0].expect: the step has no gate; add a `gate` with `checks` and a `rollback`"
    );
}

#[test]
fn a_deviation_to_notice_belongs_to_an_exact_share() {
    let expect = |checks: &str| diagnostics(&step(&format!("{TRAFFIC}    expect: [{checks}]\n")));
    assert_eq!(
        expect(r#"{p99: "<= 1s", notice: 1%}, {success: ">= 99%", notice: 5%}, {peer: none, notice: 1%}"#),
        "1-test.yaml:6:29: steps[0].expect[0].notice: it has no effect on `p99`; leave it out; only shares have a deviation to notice\n\
         1-test.yaml:6:62: steps[0].expect[1].notice: a bound has no deviation to notice; leave it out, or write an exact share\n\
         1-test.yaml:6:88: steps[0].expect[2].notice: it has no effect on `peer`; leave it out; only shares have a deviation to notice"
    );
}

#[test]
fn too_few_requests_for_a_share_are_an_error_that_says_how_many_it_takes() {
    let told = diagnostics(&step(
        "    traffic: {from: gateway, rate: 50/s, for: 1s}\n    expect: [share: {v1: 90%, v2: 10%}]\n",
    ));
    let start = "1-test.yaml:6:14: steps[0].expect: 50 requests are too few to distinguish 90 % of `v1` from a share that is 30 points off or missing; about ";
    assert!(told.starts_with(start), "{told}");
    assert!(told.ends_with(" are enough; raise `rate` or `for`, or let `notice` say what must be noticed"), "{told}");
}

#[test]
fn shares_of_more_than_all_are_refused() {
    assert_eq!(
        diagnostics(&step(&format!("{TRAFFIC}    expect: [share: {{v1: 90%, v2: 20%}}]\n"))),
        "1-test.yaml:6:21: steps[0].expect[0].share: the shares add up to 110 %; they cannot be more than 100 %"
    );
}

#[test]
fn a_wait_judges_probes_one_at_a_time() {
    assert_eq!(
        diagnostics(&step("    wait: {from: gateway, until: [share: {v2: 10%}, probes: ready]}\n")),
        "1-test.yaml:5:35: steps[0].wait.until[0].share: one probe cannot decide this; write 100% or 0%: each probe is judged on its own\n\
         1-test.yaml:5:53: steps[0].wait.until[1].probes: one probe cannot decide this; a wait can look at shares, latencies and peers"
    );
}

#[test]
fn files_are_there_and_a_slip_is_told() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("istio/routes")).unwrap();
    std::fs::write(root.path().join("istio/routes/90-10.yaml"), "").unwrap();
    let location = Location { file: PathBuf::from("labs/1-canary.yaml"), line: 12, column: 12 };
    let named = vec![(PathBuf::from("istio/routes/9-10.yaml"), location, "steps[0].apply".to_owned())];
    let told = crate::lab::files::present(root.path(), &named);
    assert_eq!(
        told[0].to_string(),
        "labs/1-canary.yaml:12:12: steps[0].apply: there is no file or folder istio/routes/9-10.yaml; did you mean `istio/routes/90-10.yaml`?"
    );
}

#[test]
fn multiples_numbers_of_instances_and_values_of_metrics_are_told_what_they_lack() {
    let told = diagnostics(&step(&format!(
        "    wait-metric: {{name: a, workload: b, is: none}}\n{TRAFFIC}    expect:\n      \
         - {{answered-by: {{instances: 2, each: 50%}}}}\n      - {{answered-by: 0}}\n      \
         - {{metric: {{name: a, workload: b, delta: \"= x × requests\"}}}}\n"
    )));
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(lines[0].contains("5:45: steps[0].wait-metric.is: `none` is not a valid bound on a number"), "{told}");
    assert!(lines[1].contains("expect[0].answered-by.each: `50%` is not a valid bound"), "{told}");
    assert!(lines[2].contains("expect[1].answered-by: this is not a count"), "{told}");
    assert!(lines[3].contains("`x × requests` is not a valid multiple; write a whole number and an amount"), "{told}");
}
