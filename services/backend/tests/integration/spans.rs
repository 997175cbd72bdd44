//! Spans of the running program: sent before its end, whatever the log settings are.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::Path,
    process::Command,
    time::Instant,
};

use rustix::process::Signal;

use super::{
    peer::Peer,
    process::{Process, command, get, pause},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// The program with this collector. Nothing but its end makes it send, and no time limit but its own ends an attempt.
fn traced(collector: &Peer) -> Command {
    let mut command = command();
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()).env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    for variable in ["OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"] {
        command.env(variable, "3600000");
    }
    command.arg("--drain-delay=0s");
    command
}

#[test]
fn the_last_spans_are_sent_after_the_last_request_and_before_the_end() {
    let collector = Peer::new();
    let mut process = Process::start(traced(&collector).arg("--fault=latency=300ms"));
    let mut stream = TcpStream::connect(&process.address).unwrap();
    stream.write_all(b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n").unwrap();
    process.until_a_request_is_in_flight();
    process.signal(Signal::TERM);
    process.line_with("closing the port");

    let spans = collector.asked();
    assert!(spans.has(b"GET /api/hello"), "the span of the request that was in flight is there");
    assert!(TcpStream::connect(&process.address).is_err(), "the port is closed");
    // The admin port is served to the very end, so the process waits for the collector where it is served.
    assert!(TcpStream::connect(&process.admin).is_ok(), "the process has not begun its last step");
    assert!(get(&process.admin, "/readyz", "").contains("drain"));
    spans.answer();
    let (status, log) = process.wait();
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("nothing was cut") && !log.contains("lost"), "{log}");
}

#[test]
fn a_collector_that_never_answers_holds_up_the_end_until_the_deadline_only() {
    let collector = Peer::new();
    let process = Process::start(traced(&collector).arg("--drain-timeout=1s"));
    for _ in 0..3 {
        get(&process.address, "/api/hello", "");
    }
    process.signal(Signal::TERM);
    let unanswered = collector.asked();
    let (status, log) = process.wait();
    assert_eq!(status.code(), Some(0));
    let lost: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["message"] == "the last spans are lost")
        .collect();
    assert!(lost.len() == 1 && lost[0]["lost"] == 3, "{log}");
    drop(unanswered);
}

#[test]
fn the_log_filter_drops_no_span_and_no_trace_header() {
    for filter in ["error", "off"] {
        let (collector, upstream) = (Peer::new(), Peer::new());
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("app.sock");
        let process = Process::spawn(traced(&collector).args([
            format!("--listen=unix:{}", socket.display()),
            format!("--upstream=inventory={}", upstream.url()),
            format!("--log-filter={filter}"),
        ]));
        let mut stream = connect(&socket);
        let traceparent = format!("traceparent: 00-{TRACE}-{SPAN}-01");
        write!(stream, "GET /api/hello HTTP/1.1\r\nhost: b\r\n{traceparent}\r\nconnection: close\r\n\r\n").unwrap();

        let call = upstream.asked();
        let own = call.header("traceparent").strip_prefix(&format!("00-{TRACE}-")).unwrap();
        let own = own.strip_suffix("-01").unwrap().to_owned();
        assert_ne!(own, SPAN, "{filter}: the program has a span of its own");
        call.answer();
        stream.read_to_string(&mut String::new()).unwrap();

        process.signal(Signal::TERM);
        let spans = collector.asked();
        for id in [TRACE, SPAN, &own] {
            assert!(spans.has(&bytes(id)), "{filter}: {id} is not there");
        }
        spans.answer();
        assert_eq!(process.wait().1, "", "the log is silent");
    }
}

/// A connection to a program that has just been started.
fn connect(socket: &Path) -> UnixStream {
    let began = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return stream,
            Err(_) => pause(began, "the program does not serve"),
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
