//! Gates: the rollback happens exactly on a breach, at once.

use meshwalk::{checks::Status, lab::GateOutcome};

use super::{FILES, TRAFFIC, fake::Fake, run};

const BAD_V2: &str = "  - title: A bad v2
    apply: quarter.yaml
    faults: {service: backend, version: v2, rules: \"error=500@40%;id=bad\"}
";
const GATE: &str = "    gate: {checks: [{success: \">= 97%\"}], rollback: {apply: v1.yaml, delete: quarter.yaml}}\n";

#[tokio::test]
async fn a_breached_gate_rolls_back_at_once_and_the_lab_does_not_go_on() {
    let fake = Fake::with(&FILES).await;
    let report = run(&fake, &format!("{BAD_V2}{TRAFFIC}{GATE}  - title: More of it\n    apply: half.yaml\n")).await;
    let changes = fake.changes();
    assert_eq!(
        changes,
        [
            "apply quarter.yaml",
            "faults backend-v2-1 error=500@40%;id=bad",
            "apply v1.yaml",
            "delete quarter.yaml",
            "restore"
        ]
    );
    let lab = &report.labs[0];
    assert_eq!((report.status, lab.broke_off), (Status::Failed, false));
    assert_eq!(lab.steps[0].gate.as_ref().unwrap().outcome, GateOutcome::Breached);
    let why = &lab.steps[0].gate.as_ref().unwrap().checks[0].reason;
    assert!(why.starts_with("success got 90 % of 400 requests (360); >= 97 % was expected"), "{why}");
    assert_eq!(lab.steps[0].reason.as_deref(), Some("the gate was breached, so the lab was rolled back and stopped"));
    assert_eq!(lab.steps[1].status, Status::Skipped);
    assert_eq!(lab.steps[1].reason.as_deref(), Some("the lab did not come so far"));
}

#[tokio::test]
async fn a_breach_that_the_lab_expects_is_a_success_and_the_evidence_adds_up() {
    let fake = Fake::with(&FILES).await;
    let steps = format!(
        "{BAD_V2}{TRAFFIC}{GATE}    expect:
      - gate: breached
      - share: {{v1: 75%, v2: 25%}}
      - status: {{200: 90%, 500: 10%}}
      - adds-up:
          left: [{{client: \"status:500\"}}]
          right: [{{metric: {{name: meshwalk_faults_injected_total, labels: {{rule: bad}}, workload: backend-v2}}}}]
      - adds-up: {{left: [{{client: \"status:500\"}}], right: [{{faults: error}}]}}
      - metric: {{name: istio_requests_total, workload: backend-v2, delta: \"= version:v2\"}}
      - peer: spiffe://cluster.local/ns/meshwalk/sa/frontend
      - trace: {{spans: [frontend, backend]}}
      - probes: ready
      - attempts-max: 1
  - title: Nobody meets it any more
    wait: {{from: gateway, until: [share: {{v1: 100%}}], times: 3}}
{TRAFFIC}    expect: [success: 100%]
"
    );
    let report = run(&fake, &steps).await;
    let failed: Vec<_> =
        report.labs[0].steps.iter().flat_map(|step| &step.checks).filter(|c| c.status != Status::Passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(report.status, Status::Passed, "{:?}", report.labs[0].reason);
    assert!(report.labs[0].steps[1].waits[0].came);
}

#[tokio::test]
async fn a_gate_that_holds_rolls_nothing_back_and_fails_who_expected_a_breach() {
    let fake = Fake::with(&FILES).await;
    let steps = format!("  - title: A good v2\n    apply: quarter.yaml\n{TRAFFIC}{GATE}    expect: [gate: breached]\n");
    let report = run(&fake, &steps).await;
    assert_eq!(fake.changes(), ["apply quarter.yaml", "restore"]);
    let check = &report.labs[0].steps[0].checks[0];
    assert_eq!(
        (check.status, check.expected.as_str(), check.observed.as_str()),
        (Status::Failed, "breached, rolled back", "held")
    );
    assert!(check.reason.starts_with("the gate let through what it was expected to stop"));
}

#[tokio::test]
async fn a_wrong_weight_fails_the_share_with_the_counts_that_would_have_been_right() {
    let fake = Fake::with(&FILES).await;
    let steps = format!(
        "  - title: Ten per cent\n    apply: quarter.yaml\n{TRAFFIC}    expect: [share: {{v1: 90%, v2: 10%}}]\n"
    );
    let report = run(&fake, &steps).await;
    let check = &report.labs[0].steps[0].checks[0];
    assert_eq!((report.status, check.status), (Status::Failed, Status::Failed));
    assert_eq!(check.observed, "v1 75 % (300), v2 25 % (100) of 400 answers");
    assert!(check.reason.contains("v2 got 25 % of 400 requests (100); 10 % would give "), "{}", check.reason);
    assert!(check.reason.ends_with("with probability 1-1e-6"), "{}", check.reason);
}
