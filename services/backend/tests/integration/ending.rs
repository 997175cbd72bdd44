//! Signals and exit codes.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use rustix::process::Signal;

use super::process::{Process, command, get};

#[test]
fn each_ending_signal_drains_the_program() {
    for (signal, name) in
        [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT"), (Signal::HUP, "SIGHUP"), (Signal::QUIT, "SIGQUIT")]
    {
        let mut process = Process::start(command().args(["--drain-delay=0s", "--fault=latency=300ms"]));
        let mut stream = TcpStream::connect(&process.address).unwrap();
        stream.write_all(b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n").unwrap();
        process.until_a_request_is_in_flight();
        process.signal(signal);
        assert_eq!(process.line_with("received a signal to end")["signal"], name);
        process.line_with("closing the port");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        let (status, log) = process.wait();
        assert_eq!(status.code(), Some(0));
        assert!(log.contains("nothing was cut"), "{log}");
    }
}

#[test]
fn hangup_and_quit_stay_ignored_if_they_were_at_the_start() {
    let own = command();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP QUIT INT TERM; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_backend")]);
    shell.arg("--drain-delay=0s").env_clear().env("PATH", "/usr/bin:/bin");
    shell.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let mut process = Process::start(&mut shell);
        process.signal(Signal::HUP);
        process.signal(Signal::QUIT);
        // The kernel drops an ignored signal when it is sent, so an answer shows that the process has survived both.
        assert!(get(&process.address, "/api/hello", "").starts_with("HTTP/1.1 200 OK"));
        process.signal(signal);
        // Signals that a shell ignores for a background process still end it.
        assert_eq!(process.line_with("received a signal to end")["signal"], name);
        assert_eq!(process.wait().0.code(), Some(0));
    }
}

#[test]
fn the_program_serves_on_for_the_delay_and_is_unready() {
    let mut process = Process::start(command().arg("--drain-delay=1h"));
    process.signal(Signal::TERM);
    process.line_with("asked to end");
    assert!(get(&process.address, "/api/hello", "").starts_with("HTTP/1.1 200 OK"));
    let readiness = get(&process.admin, "/readyz", "");
    assert!(readiness.starts_with("HTTP/1.1 503") && readiness.contains("drain"), "{readiness}");
}

#[test]
fn the_second_signal_ends_the_program_now() {
    let mut process = Process::start(command().arg("--drain-delay=1h"));
    process.signal(Signal::TERM);
    process.line_with("asked to end");
    process.signal(Signal::INT);
    let (status, log) = process.wait();
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("second signal"), "{log}");
}

#[test]
fn a_request_that_was_cut_is_told_by_the_exit_code() {
    let mut process =
        Process::start(command().args(["--drain-delay=0s", "--drain-timeout=50ms", "--fault=latency=30s"]));
    let mut stream = TcpStream::connect(&process.address).unwrap();
    stream.write_all(b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n").unwrap();
    process.until_a_request_is_in_flight();
    process.signal(Signal::TERM);
    process.line_with("closing the port");
    assert_eq!(process.wait().0.code(), Some(1));
}
