//! Signals and exit codes.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use rustix::process::Signal;

use super::process::{Process, command, get};

#[test]
fn the_first_signal_ends_the_program_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut process = Process::start(command().args(["--drain-delay=0s", "--fault=latency=300ms"]));
        let mut stream = TcpStream::connect(&process.address).unwrap();
        stream.write_all(b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n").unwrap();
        process.until_a_request_is_in_flight();
        process.signal(signal);
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
