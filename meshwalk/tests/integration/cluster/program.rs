//! The program as it is typed: labs that cannot run differ from a lab that failed.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::stand_in::StandIn;

/// Runs `meshwalk` in the project's folder with the stand-in as its kubectl; returns its exit code and all that it said.
fn meshwalk(stand_in: &StandIn, arguments: &[&str]) -> (Option<i32>, String) {
    let path = std::env::var("PATH").unwrap_or_default();
    let program = stand_in.program();
    let project: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into();
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_meshwalk"))
        .args(arguments)
        .current_dir(project)
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .env("XDG_STATE_HOME", stand_in.file("state"))
        .output()
        .unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stderr), String::from_utf8_lossy(&stdout)))
}

#[test]
fn a_cluster_without_istio_ends_a_run_with_2_and_the_remedy() {
    let mut without = StandIn::healthy();
    without.says("*config current-context", "mine");
    without.says("*api-resources*", "");
    let (code, told) = meshwalk(&without, &["run", "canary", "--on", "cluster"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("looking for Istio failed") && told.contains("istioctl install"), "{told}");
    assert!(told.contains("$ kubectl -n meshwalk version --client"), "each command is shown: {told}");
}

#[test]
fn a_namespace_that_can_be_none_ends_a_run_with_2_before_kubectl_is_asked() {
    let stand_in = StandIn::healthy();
    let (code, told) = meshwalk(&stand_in, &["run", "canary", "--on", "cluster", "--namespace", "My_Own"]);
    assert_eq!((code, stand_in.calls().len()), (Some(2), 0), "{told}");
    assert!(told.contains("--namespace: `My_Own` is not a valid namespace name"), "{told}");
    let (code, told) = meshwalk(&stand_in, &["run", "canary", "--namespace", "two"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("--namespace applies only to a cluster: add --on cluster"), "{told}");
}

#[test]
fn faults_of_a_namespace_without_the_workload_are_not_passed_for_none() {
    let mut empty = StandIn::healthy();
    empty.answers("*get pods -o json", &serde_json::json!({"items": []}));
    for command in [&["faults"][..], &["fault", "backend", "error=503"]] {
        let flags = [command, &["--on", "cluster", "--namespace", "two"]].concat();
        let (code, told) = meshwalk(&empty, &flags);
        assert_eq!(code, Some(1), "{told}");
        let why = "no application of the workload runs in the namespace two; `scripts/deploy.sh --namespace two`";
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn a_run_after_one_that_was_killed_names_the_command_that_puts_back() {
    let stand_in = StandIn::healthy();
    let kept = stand_in.file("state/meshwalk/before-cluster-mine-two.json");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    let snapshot = r#"{"lab": "canary", "unix_time": 0, "snapshot": {"documents": [], "faults": {}}}"#;
    std::fs::write(&kept, snapshot).unwrap();
    let flags = ["run", "canary", "--on", "cluster", "--context", "mine", "--namespace", "two"];
    let (code, told) = meshwalk(&stand_in, &flags);
    assert_eq!(code, Some(2), "{told}");
    let hint = "the lab canary did not end as it began; run `meshwalk restore --on cluster --context mine --namespace \
                two` first";
    assert!(told.contains(hint), "{told}");
}

#[test]
fn what_a_lab_left_in_a_namespace_that_was_made_anew_since_is_forgotten() {
    let mut stand_in = StandIn::healthy();
    stand_in.says("*get namespace meshwalk -o jsonpath*", "the-second");
    // The run itself ends at the first look at the cluster.
    stand_in.fails("*get pods -o json", "enough");
    let kept = stand_in.file("state/meshwalk/before-cluster-mine-meshwalk.json");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    let snapshot = |of: &str| {
        format!(r#"{{"lab": "canary", "unix_time": 0, "snapshot": {{"documents": [], "faults": {{}}, "of": "{of}"}}}}"#)
    };
    for command in [&["run", "canary"][..], &["restore"]] {
        let flags = [command, &["--on", "cluster", "--context", "mine"]].concat();
        std::fs::write(&kept, snapshot("the-second")).unwrap();
        let (_, told) = meshwalk(&stand_in, &flags);
        assert!(kept.exists(), "{command:?} forgot what is still to be put back: {told}");
        std::fs::write(&kept, snapshot("the-first")).unwrap();
        let (_, told) = meshwalk(&stand_in, &flags);
        let words = "nothing to restore: the lab canary was interrupted, but its namespace was deleted\n";
        assert!(told.contains(words) && !told.contains("every lab") && !kept.exists(), "{told}");
    }
}
