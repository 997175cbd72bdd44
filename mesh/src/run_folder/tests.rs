use super::*;

#[test]
fn a_second_run_of_the_same_name_is_told_which_process_has_it() {
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
fn nothing_is_left_when_a_run_ends() {
    let base = tempfile::tempdir().unwrap();
    let base = base.path().join("m");
    let folder = RunFolder::take_in(&base, "demo").unwrap();
    fs::write(folder.path().join("x"), "x").unwrap();
    drop(folder);
    assert!(!base.exists());
}

#[test]
fn what_a_dead_run_left_is_swept_by_the_next_one_of_any_name() {
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
fn a_folder_too_long_for_sockets_is_refused_with_the_lengths() {
    let base = PathBuf::from("/tmp").join("x".repeat(90));
    let error = RunFolder::take_in(&base, "demo").unwrap_err().to_string();
    assert!(error.contains("107 are possible"), "{error}");
    assert!(!base.exists());
}

#[test]
fn a_folder_that_others_can_enter_is_refused() {
    let base = tempfile::tempdir().unwrap();
    fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(RunFolder::take_in(base.path(), "demo"), Err(Error::NotPrivate { .. })));
}

#[test]
fn a_name_that_would_leave_the_base_folder_is_refused() {
    let base = tempfile::tempdir().unwrap();
    assert!(matches!(RunFolder::take_in(base.path(), "../up"), Err(Error::Name { .. })));
}
