//! From the first process to the last, and nothing after it.

use std::{
    process::{Command, Output},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{
    bed::{Bed, DEADLINE, eventually, fresh_name, lives, program, project},
    requests::{self, HOST},
};

fn meshwalk(arguments: &[&str]) -> Output {
    Command::new(program("meshwalk")).args(arguments).current_dir(project()).output().unwrap()
}

async fn nothing_is_left(processes: &[u32], folder: &std::path::Path) {
    eventually("every process ends", || async { !processes.iter().any(|pid| lives(*pid)) }).await;
    assert!(!folder.exists(), "{} is left", folder.display());
    assert!(!folder.with_extension("lock").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_answers_through_the_gateway_and_leaves_nothing_after_down() {
    let mut bed = Bed::up(&[]).await;
    let status = bed.status().await;
    let processes = bed.processes().await;
    // Six programs, and a proxy for each but the outsider and for the gateway.
    assert_eq!(processes.len(), 12, "{status:#?}");
    let (code, tree) = requests::hello(bed.gateway().await, HOST, &[]).await.unwrap();
    assert_eq!((code, &tree["upstreams"][0]["hop"]["service"]), (200, &"backend".into()));
    let page = status.addresses.page.replace("http://meshwalk.localhost", "127.0.0.1").parse().unwrap();
    assert_eq!(requests::hello(page, HOST, &[]).await.unwrap().0, 200);
    bed.client.down().await.unwrap();
    assert!(bed.process.wait().unwrap().success());
    nothing_is_left(&processes, &status.folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_down_returns_the_process_and_its_folder_are_gone() {
    let mut bed = Bed::up(&[]).await;
    let folder = bed.status().await.folder;
    assert!(meshwalk(&["down", "--name", bed.client.name()]).status.success());
    assert!(!folder.exists() && !folder.with_extension("lock").exists());
    assert!(bed.process.try_wait().unwrap().is_some(), "the process is still there");
    drop(meshwalk_mesh::run_folder::RunFolder::take(bed.client.name()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_in_order() {
    let mut bed = Bed::up(&[]).await;
    let (status, processes) = (bed.status().await, bed.processes().await);
    bed.signal(Signal::INT);
    assert!(bed.process.wait().unwrap().success());
    nothing_is_left(&processes, &status.folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_while_it_starts_leaves_nothing() {
    let name = fresh_name();
    let folder = meshwalk_mesh::run_folder::path_of(&name);
    for milliseconds in [0, 100, 300, 600] {
        let mut process = Command::new(program("meshwalk"))
            .args(["up", "--name", &name])
            .current_dir(project())
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        let pid = rustix::process::Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        let end = Instant::now() + DEADLINE;
        while process.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        nothing_is_left(&children_in(&folder), &folder).await;
    }
}

/// Processes whose command line names a file of the folder.
fn children_in(folder: &std::path::Path) -> Vec<u32> {
    let folder = folder.to_string_lossy().into_owned();
    let names = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&folder)
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok()).filter(names).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_mesh_kills_its_children_and_the_next_run_removes_its_folder() {
    let mut bed = Bed::up(&[]).await;
    let (status, processes) = (bed.status().await, bed.processes().await);
    bed.signal(Signal::KILL);
    bed.process.wait().unwrap();
    eventually("every process ends", || async { !processes.iter().any(|pid| lives(*pid)) }).await;
    // Only the next run, perhaps of another test, could remove the folder.
    drop(bed);
    let other = Bed::up(&[]).await;
    assert!(!status.folder.exists());
    drop(other);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_meshes_run_side_by_side() {
    let (one, other) = tokio::join!(Bed::up(&[]), Bed::up(&["istio/routes/all-to-v2.yaml"]));
    let (first, second) = (one.status().await, other.status().await);
    assert_ne!(first.network, second.network);
    assert_ne!(first.addresses.page, second.addresses.page);
    for (bed, only_v2) in [(&one, false), (&other, true)] {
        let (code, tree) = requests::hello(bed.gateway().await, HOST, &[]).await.unwrap();
        assert_eq!(code, 200);
        assert!(!only_v2 || tree["upstreams"][0]["hop"]["version"] == "v2", "{tree}");
    }
    drop(one);
    assert_eq!(requests::hello(other.gateway().await, HOST, &[]).await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_and_a_wrong_input_are_told_apart_by_the_exit_code() {
    let bed = Bed::up(&[]).await;
    let second = meshwalk(&["up", "--name", bed.client.name()]);
    let words = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{words}");
    assert!(words.contains("is already running"), "{words}");
    assert_eq!(requests::hello(bed.gateway().await, HOST, &[]).await.unwrap().0, 200);

    let nowhere = meshwalk(&["status", "--name", "nobody"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("meshwalk up --name nobody"));
    assert_eq!(meshwalk(&["apply", "--name", bed.client.name(), "-f", "/no/such.yaml"]).status.code(), Some(2));
    assert_eq!(meshwalk(&["config", "--name", bed.client.name(), "nobody"]).status.code(), Some(2));
    assert_eq!(meshwalk(&["up", "--certificate-lifetime", "0"]).status.code(), Some(2));
}
