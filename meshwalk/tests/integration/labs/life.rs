//! A lab ends as it began, whatever happens in it.

use std::sync::Mutex;

use futures_util::future::BoxFuture;
use meshwalk::{
    checks::Status,
    engine::{Engine, Event, Interrupter, Observer, SnapshotStore},
    lab::Step,
};

use super::{FILES, Quiet, TRAFFIC, fake::Fake, lab, run, run_with};

#[tokio::test]
async fn what_was_in_force_before_is_in_force_again() {
    let fake = Fake::with(&FILES).await;
    let before = [("half.yaml".into(), "# v2 50".to_owned())].into();
    fake.inner.lock().unwrap().in_force.clone_from(&before);
    let report = run(
        &fake,
        &format!(
            "  - title: One\n    apply: v1.yaml\n    delete: half.yaml\n{TRAFFIC}    expect: [share: {{v1: 100%}}]\n"
        ),
    )
    .await;
    assert_eq!((report.status, report.labs[0].restored), (Status::Passed, Some(true)));
    assert_eq!(fake.inner.lock().unwrap().in_force, before);
}

#[tokio::test]
async fn a_refused_file_breaks_the_lab_off_and_everything_goes_back() {
    let fake = Fake::with(&FILES).await;
    let report =
        run(&fake, "  - title: One\n    apply: v1.yaml\n  - title: Two\n    apply: refused.yaml\n  - title: Three\n")
            .await;
    let lab = &report.labs[0];
    assert_eq!((lab.status, lab.broke_off, lab.restored), (Status::Failed, true, Some(true)));
    assert_eq!(
        lab.reason.as_deref(),
        Some("applying the files was refused; nothing was changed:\nrefused.yaml: refused")
    );
    let statuses: Vec<_> = lab.steps.iter().map(|step| step.status).collect();
    assert_eq!(statuses, [Status::Passed, Status::Failed, Status::Skipped]);
    assert_eq!(fake.changes(), ["apply v1.yaml", "restore"]);
}

#[tokio::test]
async fn an_effect_that_does_not_come_says_what_came_instead() {
    let fake = Fake::with(&FILES).await;
    let steps = "  - title: One
    apply: denied.yaml
    wait: {from: gateway, until: [success: 100%], within: 100ms}
    expect: [probes: ready]
";
    let report = run(&fake, steps).await;
    let step = &report.labs[0].steps[0];
    let why = step.reason.as_deref().unwrap();
    assert!(
        why.starts_with("the effect did not come within 100 ms: waited for success 100 % from gateway, 1×"),
        "{why}"
    );
    assert!(why.contains("probes showed status 403, version v1"), "{why}");
    assert_eq!(
        (step.checks[0].status, step.checks[0].reason.as_str()),
        (Status::Skipped, "the step did not come so far")
    );
    assert_eq!(fake.changes(), ["apply denied.yaml", "restore"]);
}

#[tokio::test]
async fn an_interrupt_in_the_midst_of_traffic_ends_the_lab_as_it_began() {
    let fake = Fake::with(&FILES).await;
    let (interrupter, interrupt) = Interrupter::new();
    let observer = Quiet { interrupter: Some(interrupter).into() };
    let steps = "  - title: One
    apply: half.yaml
    traffic: {from: gateway, rate: 100/s, for: 10m}
    expect: [success: 100%]
";
    let labs = [lab(&fake, steps), lab(&fake, steps)];
    let report = run_with(&fake, &labs, &observer, interrupt).await;
    assert!(report.interrupted);
    assert_eq!(fake.changes(), ["apply half.yaml", "restore"]);
    assert_eq!(report.labs[0].reason.as_deref(), Some("the run was interrupted"));
    assert!(report.labs[0].steps[0].traffic[0].summary.interrupted);
    assert_eq!((report.labs[1].status, report.labs[1].restored), (Status::Skipped, None));
}

#[tokio::test]
async fn a_snapshot_is_kept_until_it_is_put_back() {
    let mut fake = Fake::with(&FILES).await;
    (fake.outlives, fake.restore_fails) = (true, true);
    let report = run(&fake, "  - title: One\n    apply: v1.yaml\n").await;
    let lab = &report.labs[0];
    assert_eq!((lab.restored, lab.broke_off), (Some(false), true));
    let why = lab.reason.as_deref().unwrap();
    assert!(why.ends_with("the mesh is gone; `meshwalk restore` tries it again"), "{why}");
    let snapshot_store = SnapshotStore::at(&fake.root.path().join("before.json"));
    let kept = snapshot_store.kept().unwrap().unwrap();
    assert_eq!((kept.lab.as_str(), kept.snapshot.documents.len()), ("test", 0));

    fake.restore_fails = false;
    // The current state is not the original one: the first snapshot counts.
    let report = run(&fake, "  - title: One\n").await;
    assert_eq!(report.labs[0].restored, Some(true));
    assert_eq!(snapshot_store.kept().unwrap(), None);
}

#[tokio::test]
async fn what_only_a_cluster_can_show_is_skipped_with_the_reason() {
    let fake = Fake::with(&FILES).await;
    let steps = "  - title: One
    cluster-only: there is no kubelet here
    apply: v1.yaml
    expect: [probes: ready]
  - title: Two
    local-only: needs the mesh's own collector
    expect: [probes: ready]
";
    let report = run(&fake, steps).await;
    let [one, two] = report.labs[0].steps.as_slice() else { panic!("two steps") };
    assert_eq!((one.status, one.reason.as_deref()), (Status::Skipped, Some("there is no kubelet here")));
    assert_eq!((one.checks[0].status, one.checks[0].reason.as_str()), (Status::Skipped, "there is no kubelet here"));
    assert_eq!((two.status, report.status), (Status::Passed, Status::Passed));
    assert_eq!(fake.changes(), ["restore"]);
}

#[tokio::test]
async fn changes_during_traffic_happen_in_its_midst() {
    let fake = Fake::with(&FILES).await;
    let steps = format!(
        "  - title: One\n{TRAFFIC}    during: {{apply: denied.yaml, wait: {{from: gateway, until: [status: {{403: 100%}}], times: 2}}}}\n    expect: [status: {{200: \">= 1%\", 403: \">= 1%\"}}]\n"
    );
    let report = run(&fake, &steps).await;
    assert_eq!(report.status, Status::Passed, "{:#?}", report.labs[0].steps[0].checks);
    let step = &report.labs[0].steps[0];
    assert_eq!(step.traffic[0].changed_at_s, Some(0.1));
    assert_eq!(serde_json::to_value(step.changes[0].when).unwrap(), "during");
}

#[tokio::test]
async fn traffic_goes_on_until_a_rollout_is_over_and_as_long_after_it_as_before() {
    let fake = Fake::with(&FILES).await;
    let steps = format!(
        "  - title: One\n{TRAFFIC}    during: {{restart: backend-v2}}\n    expect: [success: 100%, instances: {{backend-v2: replaced, backend-v1: kept}}]\n"
    );
    let report = run(&fake, &steps).await;
    let step = &report.labs[0].steps[0];
    assert_eq!(report.status, Status::Passed, "{:#?}", step.checks);
    assert_eq!(
        step.checks[1].observed,
        "backend-v1: backend-v1-1, then backend-v1-1; backend-v2: backend-v2-1, then backend-v2-11"
    );
    let traffic = &step.traffic[0];
    let until = traffic.changed_until_s.unwrap();
    assert!(until >= 0.4, "{until}");
    // 2000 requests a second, over the rollout and a tenth of a second before and after it.
    let planned = (until + 0.1) * 2000.0;
    assert!((traffic.summary.requests as f64 - planned).abs() <= 2.0, "{} of {planned}", traffic.summary.requests);
    assert_eq!(fake.changes(), ["restart backend-v2", "restore"]);
}

#[tokio::test]
async fn a_rollout_that_did_not_happen_is_noticed_and_a_scaled_deployment_is_put_back() {
    let fake = Fake::with(&FILES).await;
    let steps = "  - title: One
    scale: {deployment: backend-v1, replicas: 3}
    expect: [instances: {backend-v1: 3}]
  - title: Two
    expect: [instances: {backend-v1: replaced}]
";
    let report = run(&fake, steps).await;
    let statuses: Vec<_> = report.labs[0].steps.iter().map(|step| step.status).collect();
    assert_eq!(statuses, [Status::Passed, Status::Failed]);
    assert_eq!(report.labs[0].steps[1].checks[0].reason, "backend-v1 still has instances from before");
    assert_eq!(fake.changes(), ["scale backend-v1 3", "restore"]);
    assert!(fake.inner.lock().unwrap().replicas.is_empty());
}

/// Remembers the commands that it was shown before steps, and those that were then made.
#[derive(Default)]
struct Shown {
    before: Mutex<Vec<String>>,
    made: Mutex<Vec<String>>,
}

impl Observer for Shown {
    fn tell(&self, event: &Event<'_>) {
        if let Event::Changing(command) = event {
            self.made.lock().unwrap().push((*command).to_owned());
        }
    }

    fn wants_commands(&self) -> bool {
        true
    }

    fn ready<'a>(&'a self, _: usize, _: usize, _: &'a Step, commands: &'a [String]) -> BoxFuture<'a, ()> {
        self.before.lock().unwrap().extend(commands.to_vec());
        Box::pin(async {})
    }
}

#[tokio::test]
async fn the_commands_that_are_shown_before_a_step_are_those_that_it_makes() {
    let fake = Fake::with(&FILES).await;
    let steps = "  - title: One
    apply: v1.yaml
    scale: {deployment: backend-v1, replicas: 2}
    faults: {service: backend, version: v2, rules: error=503}
  - title: Two
    delete: v1.yaml
    restart: backend-v1
    clear-faults: true
";
    let (_interrupter, interrupt) = Interrupter::new();
    let shown = Shown::default();
    let snapshot_store = SnapshotStore::at(&fake.root.path().join("before.json"));
    let engine = Engine { platform: &fake, observer: &shown, interrupt, root: fake.root.path(), snapshot_store };
    engine.run(&[lab(&fake, steps)]).await.unwrap();
    let (before, made) = (shown.before.into_inner().unwrap(), shown.made.into_inner().unwrap());
    assert_eq!(before.len(), 6, "{before:?}");
    assert_eq!(before, made);
}
