//! Wrong values end the program with 64 before a port is opened.

use std::{net::TcpListener, process::Output};

use super::process::{Process, command, get};

/// The exit code and what the program says on standard error.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command().args(arguments).envs(environment.iter().copied()).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_wrong_flag_names_itself_the_value_and_what_would_be_right() {
    for (arguments, parts) in [
        (&["--listen=8080"][..], &["--listen", "'8080'", "0.0.0.0:8080"][..]),
        (&["--release=v3"], &["--release", "'v3'", "v1, v2"]),
        (&["--upstream=backend"], &["--upstream", "'backend'", "backend=http://backend:8080"]),
        (&["--connect=backend=1.1.1.1:1"], &["--connect", "'backend=1.1.1.1:1'", ":8080=127.0.0.1:15001"]),
        (&["--fault=error=999"], &["--fault", "'error=999'"]),
        (&["--upstream-timeout=soon"], &["--upstream-timeout", "'soon'", "15s"]),
        (&["--no-such-flag"], &["--no-such-flag"]),
    ] {
        let (code, text) = run(arguments, &[]);
        assert_eq!(code, Some(64), "{arguments:?}: {text}");
        for part in parts {
            assert!(text.contains(part), "{arguments:?}: {part} is not in: {text}");
        }
    }
}

#[test]
fn a_wrong_variable_is_as_wrong_as_its_flag() {
    for (variable, value, part) in [
        ("MESHWALK_TRUST_XFCC", "maybe", "--trust-xfcc"),
        ("MESHWALK_UPSTREAM", "a=http://a\nnonsense", "in 'nonsense'"),
        ("MESHWALK_FORWARD_HEADER", "x-canary\nconnection\n", "in 'connection'"),
        ("MESHWALK_FAULT", "error=503@200%", "--fault"),
    ] {
        let (code, text) = run(&[], &[(variable, value)]);
        assert_eq!(code, Some(64), "{variable}: {text}");
        assert!(text.contains(part), "{variable}: {text}");
    }
}

#[test]
fn a_label_that_promises_another_release_keeps_the_process_from_starting() {
    let (code, text) = run(&[], &[("MESHWALK_RELEASE", "v2"), ("MESHWALK_POD_VERSION", "v1")]);
    assert_eq!(code, Some(64));
    assert!(text.contains("the pod's label says v1, but this is release v2"), "{text}");
}

#[test]
fn a_port_that_is_taken_is_a_failed_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = run(&[&format!("--listen={address}")], &[]);
    assert_eq!(code, Some(1));
    assert!(text.contains(&format!("cannot listen on {address} (--listen)")), "{text}");
}

#[test]
fn help_is_no_error() {
    let output = command().arg("--help").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("MESHWALK_UPSTREAM_TIMEOUT") && help.contains("Exit codes: 0"), "{help}");
}

#[test]
fn the_faults_language_is_shown_whatever_the_environment_says() {
    let output = command().arg("--help-faults").env("MESHWALK_RELEASE", "v3").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("latency=uniform(") && help.contains("ttl"), "{help}");
}

#[test]
fn lists_in_variables_are_separated_by_newlines_and_the_flag_wins() {
    let both = Process::start(command().env("MESHWALK_FAULT", "error=501;path=/a\nerror=502;path=/b\n"));
    assert!(get(&both.address, "/a", "").starts_with("HTTP/1.1 501"));
    assert!(get(&both.address, "/b", "").starts_with("HTTP/1.1 502"));
    let flag = Process::start(command().env("MESHWALK_RELEASE", "v1").args(["--release", "v2"]));
    assert!(get(&flag.address, "/api/hello", "").contains("x-meshwalk-version: v2"));
}
