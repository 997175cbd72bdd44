//! Exit codes of the program.

use std::{
    fs::File,
    net::TcpListener,
    process::{Command, Output, Stdio},
};

fn meshwalk(arguments: &[&str], stdout: Stdio) -> Output {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshwalk"));
    command.args(arguments).current_dir(root).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

fn refusing_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[test]
fn exits_with_1_if_the_output_cannot_be_written() {
    for arguments in [&["lint", "canary"][..], &["labs"], &["call", &refusing_url()]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = meshwalk(arguments, full.into());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("cannot write to standard output: No space left"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn call_exits_with_1_without_a_response_and_still_prints_the_reason() {
    let output = meshwalk(&["call", &refusing_url()], Stdio::piped());
    assert_eq!(output.status.code(), Some(1));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["error"]["kind"], "refused");
}

#[test]
fn negative_number_of_replicas_is_an_invalid_value() {
    let output = meshwalk(&["scale", "backend-v1", "--replicas", "-1"], Stdio::piped());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("invalid value '-1' for '--replicas <COUNT>'"), "{stderr}");
}
