//! Faults of several instances at once, and what the commands say of wrong input.

use std::process::Command;

use meshwalk::platform::{Platform, PlatformError, several};

use crate::labs::fake::Fake;

#[tokio::test]
async fn a_rule_that_one_instance_refuses_stays_in_force_at_none() {
    let mut fake = Fake::with(&[]).await;
    fake.refuses = Some("backend-v2-1");
    let instances = fake.instances().await.unwrap();
    let failed = several::add(&fake, &instances, "error=503", &|_| {}).await.unwrap_err();
    assert!(matches!(failed.why, PlatformError::Refused { .. }), "{failed}");
    assert_eq!(failed.removed_from, ["backend-v1-1"]);
    assert_eq!(fake.changes(), ["faults backend-v1-1 error=503", "faults backend-v1-1"]);
    let said = failed.to_string();
    assert!(said.contains("setting the faults of backend-v2-1 was refused"), "{said}");
    assert!(said.ends_with("removed again from backend-v1-1"), "{said}");
}

#[tokio::test]
async fn an_instance_that_cannot_be_asked_is_found_before_anything_changes() {
    let mut fake = Fake::with(&[]).await;
    fake.unreachable = Some("backend-v2-1");
    let instances = fake.instances().await.unwrap();
    let failed = several::add(&fake, &instances, "error=503", &|_| {}).await.unwrap_err();
    assert_eq!(fake.changes(), Vec::<String>::new());
    assert!(failed.to_string().ends_with("nobody is there\nno instance had applied it before"), "{failed}");
}

#[tokio::test]
async fn a_rule_that_all_take_is_in_force_at_all() {
    let fake = Fake::with(&[]).await;
    let instances = fake.instances().await.unwrap();
    let added = several::add(&fake, &instances, "error=503", &|_| {}).await.unwrap();
    let names: Vec<_> = added.iter().map(|of| (of.instance.as_str(), of.rules[0].id.as_str())).collect();
    assert_eq!(names, [("backend-v1-1", "r1"), ("backend-v2-1", "r1")]);
}

/// The exit code of `meshwalk` with these arguments, and what it says.
fn meshwalk(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_meshwalk"))
        .args(arguments)
        .env_remove("MESHWALK_NAME")
        .env_remove("MESHWALK_CONTROL_TOKEN_FILE")
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn wrong_flags_of_the_fault_commands_are_told_with_what_is_right() {
    for (arguments, why) in [
        (&["fault", "backend"][..], "<RULE>"),
        (&["fault", "backend", "error=503", "--clear"], "cannot be used with"),
        (&["fault", "backend", "--clear", "--ttl", "1s"], "cannot be used with"),
        (&["fault", "backend", "error=503 | unready", "--id", "a"], "--id applies to one rule, and there are 2"),
        (&["fault", "backend", "error=503@5"], "the percentage `5` has no per cent sign (line 1, column 11)"),
        (
            &["fault", "backend", "error=abc"],
            "`abc` is not a valid error status (line 1, column 7)\n  error=abc\n        ^^^\n",
        ),
        (&["fault", "backend", "error=503;pth=/a"], "did you mean `path`?"),
        (&["fault", "backend", "slow-start=5s"], "`slow-start` means nothing once the process runs"),
        (&["fault", "backend", "error=503", "--ttl", "60"], "the duration `60` has no unit"),
        (&["fault", "backend", "error=503", "--context", "kind"], "add --on cluster, or omit it"),
        (&["faults", "--control-token-file", "/nowhere/token"], "--control-token-file: cannot read /nowhere/token"),
    ] {
        let (code, said) = meshwalk(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
}

#[test]
fn a_mesh_that_does_not_run_is_named() {
    let (code, said) = meshwalk(&["faults", "--name", "nobody-has-this-name"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("nobody-has-this-name"), "{said}");
}
