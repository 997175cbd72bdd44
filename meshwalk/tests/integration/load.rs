//! `meshwalk load` as a user types it.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::process::{Child, Command};

use crate::traffic::server::{Seen, http, http_unix};

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshwalk"));
    command.arg("load").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).spawn().unwrap()
}

async fn load(arguments: &[&str]) -> Output {
    tokio::time::timeout(Duration::from_secs(60), start(arguments).wait_with_output()).await.unwrap().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_counts_the_versions_of_a_service_in_the_call_tree() {
    let seen = Seen::new(0);
    let url = format!("http://meshwalk.localhost:{}/api/hello", http(&seen).await.port());
    let output = load(&[&url, "--rate", "100/s", "--for", "200ms", "--service", "backend", "-H", "x-want: v2"]).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains(": 20 requests in") && table.contains("v2       20       100.00 %  0"), "{table}");
    assert!(table.contains("200     20       100.00 %") && table.contains("no request went without"), "{table}");
    assert_eq!(seen.requests(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_come_as_json_also_from_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    http_unix(&path, &Seen::new(0));
    let socket = path.to_str().unwrap();
    let output = load(&["/api/hello", "--unix", socket, "--rate", "100", "--for", "100ms", "--fresh", "--json"]).await;
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&figures["requests"], &figures["statuses"]["200"], &figures["connections"]),
        (&10.into(), &10.into(), &10.into())
    );
    assert!(figures["latency"]["p99.9_ms"].is_number() && figures["lateness"]["max_ms"].is_number());
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_requests_are_a_result_and_only_an_error_if_asked_for() {
    let arguments = ["/", "--unix", "/nowhere/app.sock", "--rate", "50", "--for", "100ms"];
    let output = load(&arguments).await;
    assert!(output.status.success());
    let table = text(&output.stdout);
    assert!(table.contains("refused  5         100.00 %  no such socket"), "{table}");
    assert_eq!(load(&[&arguments[..], &["--fail-on-error"]].concat()).await.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_is_named_and_ends_with_2() {
    for (arguments, named) in [
        (&["https://localhost/"][..], "\"https://localhost/\""),
        (&["http://localhost:1/", "--rate", "fast"], "fast"),
        (&["http://localhost:1/", "--for", "10"], "`10` is not a duration"),
        (&["http://localhost:1/", "--rate", "1e9"], "1000000000/s"),
        (&["http://localhost:1/", "--header", "x"], "NAME:VALUE"),
        (&["http://localhost:1/", "--host", "a\tb\n"], "host \"a\\tb\\n\""),
    ] {
        let output = load(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(named), "{}", text(&output.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_it_with_the_partial_result() {
    let seen = Seen::new(u64::MAX);
    let url = format!("http://{}/api/hello", http(&seen).await);
    let child = start(&[&url, "--rate", "100", "--for", "1h"]);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while seen.requests() < 5 {
        assert!(tokio::time::Instant::now() < deadline, "no request came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let id = child.id().unwrap();
    assert!(Path::new(&format!("/proc/{id}")).exists());
    let pid = rustix::process::Pid::from_raw(id.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await.unwrap().unwrap();
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("interrupted: "), "{}", text(&output.stdout));
}
