//! Wrong values end the program with 64 before a port is opened.

use std::{
    ffi::OsStr,
    net::TcpListener,
    os::unix::ffi::OsStrExt,
    process::{Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::process::{DEADLINE, Process, command, get};

/// The exit code and what the program says on standard error. One that starts after all is ended, and has no code.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = command();
    command.args(arguments).envs(environment.iter().copied());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() && began.elapsed() < DEADLINE {
        thread::sleep(Duration::from_millis(2));
    }
    // A process that has ended cannot be killed, which is not an error.
    let _ = child.kill();
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// Wrong values by flag, and a part of what the program says would be right.
const WRONG: [(&str, &str, &str); 52] = [
    ("--listen", "8080", "0.0.0.0:8080"),
    ("--admin-listen", "localhost:8081", "0.0.0.0:8080"),
    ("--control-listen", "0.0.0.0:8082", "--control-token-file"),
    ("--control-token-file", "/nowhere/token", "mount the Secret"),
    ("--release", "v3", "v1, v2"),
    ("--pod-version", "v2", "version: v1"),
    ("--upstream", "backend", "backend=http://backend:8080"),
    ("--upstream", "b=https://x", "http://"),
    ("--upstream", "b=http://127.0.0.1:99999", "from 1 to 65535"),
    ("--upstream", "b=http://x:0", "from 1 to 65535"),
    ("--upstream", "b=http://127.0.0.1:80:90", "http://HOST:PORT"),
    ("--upstream", "b=http://u:p@x/", "leave out what ends with the @"),
    ("--upstream", "b=http://x/#frag", "leave out what begins with the #"),
    ("--connect", "backend=1.1.1.1:1", ":8080=127.0.0.1:15001"),
    ("--connect", "a:80=127.0.0.1:0", "from 1 to 65535"),
    ("--connect", "http://a:80=127.0.0.1:1", "leave it empty"),
    ("--source-address", "1.2.3", "10.0.0.7"),
    ("--upstream-keep-alive", "2", "true, false"),
    ("--on-upstream-error", "ignore", "pass, degrade"),
    ("--upstream-timeout", "soon", "15s"),
    ("--upstream-timeout", "0s", "1ms"),
    ("--upstream-timeout", "25h", "24h"),
    ("--forward-header", "connection", "leave it out"),
    ("--forward-header", "x canary", "x-canary"),
    ("--hop-limit", "x", "from 1 to 1000"),
    ("--hop-limit", "0", "from 1 to 1000"),
    ("--trust-xfcc", "maybe", "true, false"),
    ("--fault", "error=999", "from 400 to 599"),
    ("--allow-inject", "yes!", "true, false"),
    ("--inject-trusted-peer", "tests", "spiffe://"),
    ("--inject-trusted-peer", "spiffe://a/*", "--allow-inject"),
    ("--fault-max-rules", "x", "from 1 to 10000"),
    ("--fault-max-delay", "60", "15s"),
    ("--fault-max-hang", "25h", "24h"),
    ("--fault-max-size", "16XB", "MiB"),
    ("--fault-max-memory", "lots", "MiB"),
    ("--fault-max-cores", "-1", "such as 2 or 0.5"),
    ("--fault-max-cores", "20ms", "such as 2 or 0.5"),
    ("--max-header-bytes", "x", "from 8192 to 16777216"),
    ("--max-header-bytes", "8191", "from 8192 to 16777216"),
    ("--max-body-bytes", "x", "from 0 to 1073741824"),
    ("--max-body-bytes", "99999999999999", "from 0 to 1073741824"),
    ("--header-read-timeout", "0s", "1ms"),
    ("--max-connections", "x", "from 1 to 1000000"),
    ("--max-connections", "0", "from 1 to 1000000"),
    ("--drain-delay", "5", "15s"),
    ("--drain-delay", "999999h", "24h"),
    ("--drain-timeout", "x", "15s"),
    ("--log-format", "xml", "auto, json, text"),
    ("--log-filter", "nolevel!!", "info,meshwalk_kit=debug"),
    ("--log-filter", "inof", "info,meshwalk_kit=debug"),
    ("--log-filter", "foo=bar=baz", "info,meshwalk_kit=debug"),
];

fn variable(flag: &str) -> String {
    format!("MESHWALK_{}", flag[2..].to_ascii_uppercase().replace('-', "_"))
}

#[test]
fn a_wrong_flag_names_itself_the_value_and_what_would_be_right() {
    for (flag, value, right) in WRONG {
        let (code, text) = run(&[&format!("{flag}={value}")], &[]);
        assert_eq!(code, Some(64), "{flag}={value}: {text}");
        assert!(text.contains(&format!("'{value}' for '{flag}")), "{flag}={value}: {text}");
        assert!(text.contains(right), "{flag}={value}: {right} is not in: {text}");
    }
}

#[test]
fn a_wrong_variable_is_named_too_because_manifests_have_no_flags() {
    for (flag, value, right) in WRONG {
        let variable = variable(flag);
        let (code, text) = run(&[], &[(&variable, value)]);
        assert_eq!(code, Some(64), "{variable}={value}: {text}");
        assert!(text.contains(&format!("'{value}' for '{variable} ({flag}")), "{variable}={value}: {text}");
        assert!(text.contains(right), "{variable}={value}: {right} is not in: {text}");
    }
}

#[test]
fn of_a_wrong_list_in_a_variable_the_line_is_named() {
    for (variable, value, part) in [
        ("MESHWALK_UPSTREAM", "a=http://a\nnonsense", "in 'nonsense'"),
        ("MESHWALK_UPSTREAM", "a=http://a\na=http://b", "'a=http://b' for 'MESHWALK_UPSTREAM"),
        ("MESHWALK_FORWARD_HEADER", "x-canary\nconnection\n", "in 'connection'"),
        ("MESHWALK_FAULT", "error=503\nerror=503@200%", "'error=503@200%' for 'MESHWALK_FAULT"),
    ] {
        let (code, text) = run(&[], &[(variable, value)]);
        assert_eq!(code, Some(64), "{variable}: {text}");
        assert!(text.contains(part), "{variable}: {text}");
    }
}

#[test]
fn a_flag_that_wins_over_its_variable_is_the_one_to_blame() {
    let (code, text) = run(&["--hop-limit", "0"], &[("MESHWALK_HOP_LIMIT", "5")]);
    assert_eq!(code, Some(64));
    assert!(text.contains("'0' for '--hop-limit") && !text.contains("MESHWALK_HOP_LIMIT"), "{text}");
}

#[test]
fn a_value_that_is_no_text_is_told_from_the_others() {
    let broken = OsStr::from_bytes(b"b\xff");
    let output = command().env("MESHWALK_UPSTREAM", broken).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("'b\u{fffd}' for 'MESHWALK_UPSTREAM (--upstream") && text.contains("UTF-8"), "{text}");
    let output = command().arg("--upstream").arg(broken).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("'b\u{fffd}'") && text.contains("UTF-8"), "{text}");
}

#[test]
fn an_unknown_flag_is_named() {
    let (code, text) = run(&["--no-such-flag"], &[]);
    assert_eq!(code, Some(64));
    assert!(text.contains("--no-such-flag"), "{text}");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let flags = String::from_utf8(command().arg("--help").output().unwrap().stdout).unwrap();
    let mut command = command();
    // The ports stay: their defaults may be taken on this machine.
    let variables = flags.split("[env: ").skip(1).filter_map(|rest| rest.split_once('=')).map(|(name, _)| name);
    for (position, name) in variables.filter(|name| !name.ends_with("LISTEN")).enumerate() {
        command.env(name, if position % 2 == 0 { "" } else { " \n" });
    }
    let process = Process::start(&mut command);
    assert!(get(&process.address, "/api/hello", "").contains("x-meshwalk-version: v1"));
    let output = command.arg("--help").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("[env: MESHWALK_RELEASE"));
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
