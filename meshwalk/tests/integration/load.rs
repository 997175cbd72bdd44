//! `meshwalk load` as a user types it.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};

use crate::traffic::server::{Seen, http, http_unix, raw};

mod decisions;
mod protocols;

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
    assert!(
        table.contains("200     20       100.00 %") && table.contains("every request got an HTTP answer"),
        "{table}"
    );
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
async fn exits_with_1_if_every_request_failed_and_still_prints_the_figures() {
    let output = load(&["/", "--unix", "/nowhere/app.sock", "--rate", "50", "--for", "100ms"]).await;
    assert_eq!(output.status.code(), Some(1));
    let table = text(&output.stdout);
    assert!(table.contains("refused  5         100.00 %  no such socket"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exits_with_1_for_some_failures_only_if_asked_for() {
    let (address, _) = raw(|mut stream| async move {
        let mut buffer = [0; 4096];
        // These requests are small enough to come in one piece. The second one on each connection gets no answer.
        if stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            let _ = stream.read(&mut buffer).await;
        }
    })
    .await;
    let url = format!("http://{address}/");
    let arguments = [&url, "-n", "10", "-r", "100", "-c", "1"];
    let output = load(&arguments).await;
    let table = text(&output.stdout);
    assert!(output.status.success(), "{table}{}", text(&output.stderr));
    assert!(table.contains("200     5        50.00 %") && table.contains("reset    5         50.00 %"), "{table}");
    assert_eq!(load(&[&arguments[..], &["--fail-on-error"]].concat()).await.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_is_named_and_ends_with_2() {
    for (arguments, named) in [
        (&["ftp://localhost/"][..], "\"ftp://localhost/\""),
        (&["http://localhost:1/", "--rate", "fast"], "fast"),
        (&["localhost:1", "-H", "Content-Length: 5"], "header Content-Length is set by the load generator itself"),
        (&["localhost:1", "-H", "transfer-encoding: chunked"], "header transfer-encoding"),
        (&["localhost:1", "-c", "0"], "a whole number of 1 or more"),
        (&["localhost:1", "-c", "1", "--fresh"], "'--connections <N>' cannot be used with '--fresh'"),
        (&["localhost:1", "-n", "0"], "'0' for '--requests <N>'"),
        (&["localhost:1", "--ramp", "1m"], "--ramp 60s is longer"),
        (&["localhost:1", "--body-file", "/nowhere/at/all"], "--body-file /nowhere/at/all"),
        (&["localhost:1", "--ca-file", "/nowhere/at/all"], "--ca-file /nowhere/at/all"),
        (&["https://localhost:1", "--ca-file", "/nowhere/at/all"], "--ca-file /nowhere/at/all"),
        (&["localhost:1", "--arrivals", "often"], "possible values: constant, poisson"),
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
async fn sends_the_requests_of_the_warm_up_without_counting_them() {
    let seen = Seen::new(0);
    let url = format!("{}/api/hello", http(&seen).await);
    let output = load(&[&url, "-r", "100", "-n", "20", "--warm-up", "100ms", "--json"]).await;
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&figures["requests"], &figures["planned"]), (&20.into(), &20.into()));
    assert_eq!(seen.requests(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_of_the_server_opens_no_more_connections_than_allowed() {
    // The server pauses until it has five requests; one hundred are due meanwhile or soon after.
    let seen = Seen::new(5);
    let url = format!("http://{}/api/hello", http(&seen).await);
    let output = load(&[&url, "-r", "1000", "-n", "100", "-c", "5", "--json"]).await;
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&figures["requests"], &figures["connections"]), (&100.into(), &5.into()));
    assert_eq!(seen.peak.load(std::sync::atomic::Ordering::SeqCst), 5);
    assert_eq!(figures["in_flight"]["bound"], 5);
}

/// Waits until `holds`, and fails after a minute.
async fn wait_until(holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "what is waited for did not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn interrupt(child: Child) -> Output {
    let id = child.id().unwrap();
    assert!(Path::new(&format!("/proc/{id}")).exists());
    let pid = rustix::process::Pid::from_raw(id.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_it_with_the_partial_result() {
    let seen = Seen::new(u64::MAX);
    let url = format!("http://{}/api/hello", http(&seen).await);
    let child = start(&[&url, "--rate", "100", "--for", "1h"]);
    wait_until(|| seen.requests() >= 5).await;
    let output = interrupt(child).await;
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("interrupted: "), "{}", text(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_fail_where_an_interrupt_leaves_requests_without_an_outcome() {
    use std::sync::atomic::Ordering;
    // Requests are answered until the gate closes.
    let seen = Seen::new(0);
    let url = format!("http://{}/api/hello", http(&seen).await);
    let child = start(&[&url, "--rate", "100", "--for", "1h", "-c", "2", "--expect", "success 100%"]);
    wait_until(|| seen.requests() >= 5).await;
    seen.gate.send_replace(false);
    wait_until(|| seen.in_flight.load(Ordering::SeqCst) == 2).await;
    let output = interrupt(child).await;
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}");
    assert!(table.contains("✗ success 100 %: interrupted: ") && table.contains("requests have no outcome"), "{table}");
}
