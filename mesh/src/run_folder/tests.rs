use super::*;

#[test]
fn rejects_a_second_run_of_a_name_and_reports_the_process() {
    let base = tempfile::tempdir().unwrap();
    let base = base.path().join("m");
    let first = RunFolder::take_in(&base, "demo").unwrap();
    let error = RunFolder::take_in(&base, "demo").unwrap_err().to_string();
    assert!(error.contains("\"demo\" is already running"), "{error}");
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    drop(first);
    RunFolder::take_in(&base, "demo").unwrap();
}

#[test]
fn removes_everything_when_a_run_ends() {
    let base = tempfile::tempdir().unwrap();
    let base = base.path().join("m");
    let folder = RunFolder::take_in(&base, "demo").unwrap();
    fs::write(folder.path().join("x"), "x").unwrap();
    drop(folder);
    assert!(!base.exists());
}

#[test]
fn removes_folders_of_dead_runs_of_any_name() {
    let base = tempfile::tempdir().unwrap();
    let base = base.path().join("m");
    let living = RunFolder::take_in(&base, "living").unwrap();
    fs::create_dir(base.join("dead")).unwrap();
    fs::write(base.join("dead.lock"), "1").unwrap();
    let _next = RunFolder::take_in(&base, "next").unwrap();
    assert!(!base.join("dead").exists());
    assert!(!base.join("dead.lock").exists());
    assert!(living.path().exists());
}

#[test]
fn rejects_a_path_too_long_for_sockets_and_reports_the_limit() {
    let base = PathBuf::from("/tmp").join("x".repeat(90));
    let error = RunFolder::take_in(&base, "demo").unwrap_err().to_string();
    assert!(error.contains("the limit is 107"), "{error}");
    assert!(!base.exists());
}

#[test]
fn rejects_a_folder_that_others_can_enter() {
    let base = tempfile::tempdir().unwrap();
    fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(RunFolder::take_in(base.path(), "demo"), Err(Error::NotPrivate { .. })));
}

#[test]
fn rejects_a_name_that_leaves_the_base_folder() {
    let base = tempfile::tempdir().unwrap();
    assert!(matches!(RunFolder::take_in(base.path(), "../up"), Err(Error::Name { .. })));
}
