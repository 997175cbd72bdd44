//! The log.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use rustix::process::Signal;
use serde_json::json;

use super::process::{Process, command, first_line, get};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[test]
fn a_request_is_one_json_line_with_its_trace_and_its_faults() {
    let mut process = Process::start(command().arg("--fault=error=503;id=sick"));
    let headers = format!("traceparent: 00-{TRACE}-b7ad6b7169203331-01\r\nx-request-id: r-1\r\n");
    get(&process.address, "/api/hello", &headers);
    let line = process.line_with("request");
    for (field, value) in [
        ("trace_id", json!(TRACE)),
        ("request_id", json!("r-1")),
        ("status", json!(503)),
        ("method", json!("GET")),
        ("path", json!("/api/hello")),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    assert!(line["faults"].as_str().unwrap().contains("sick"), "{line}");
}

#[test]
fn a_request_that_a_fault_leaves_without_an_answer_has_a_line_that_says_so() {
    let mut process = Process::start(command().arg("--fault=reset;id=cut"));
    let mut stream = TcpStream::connect(&process.address).unwrap();
    stream.write_all(b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n").unwrap();
    assert!(stream.read(&mut [0; 1]).is_err());
    let line = process.line_with("request left without an answer by a fault");
    assert_eq!(
        (&line["status"], &line["error"], &line["faults"]),
        (&json!(null), &json!("reset"), &json!("cut=reset"))
    );
}

#[test]
fn the_log_can_be_text() {
    let line = first_line(command().arg("--log-format=text"));
    assert!(line.contains(" INFO serving service=\"backend\""), "{line}");
}

#[test]
fn a_collector_that_is_down_is_said_once_and_not_per_span() {
    let endpoint = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let mut process = Process::start(
        command()
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .env("OTEL_BSP_SCHEDULE_DELAY", "20")
            .args(["--drain-delay=0s", "--drain-timeout=3s"]),
    );
    get(&process.address, "/api/hello", "");
    let lost = process.line_with("spans are lost");
    assert_eq!(lost["reason"], "export_failed", "{lost}");
    // Some more batches, the last one at the end.
    for _ in 0..20 {
        get(&process.address, "/api/hello", "");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    process.signal(Signal::TERM);
    let (status, rest) = process.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!rest.contains("spans are lost;"), "{rest}");
}

#[test]
fn an_otel_variable_that_means_nothing_is_remarked_upon() {
    let line = first_line(command().env("OTEL_PROPAGATORS", "jaeger"));
    assert!(line.contains("WARN") && line.contains("jaeger"), "{line}");
}

#[test]
fn the_log_has_a_capped_rule_once_and_each_request_that_it_capped() {
    let rules = "--fault=latency=40ms;id=first|latency=40ms;id=second";
    let process = Process::start(command().args(["--drain-delay=0s", "--fault-max-delay=50ms", rules]));
    for _ in 0..5 {
        get(&process.address, "/api/hello", "");
    }
    assert_eq!(process.rules()[1]["capped"], 5);
    process.signal(Signal::TERM);
    let (_, log) = process.wait();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let warnings: Vec<_> = lines.iter().filter(|line| line["level"] == "WARN").collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!((&warnings[0]["fault"], &warnings[0]["by"]), (&json!("second"), &json!("--fault-max-delay")));
    assert_eq!(lines.iter().filter(|line| line["message"] == "request" && line["capped"] == true).count(), 5);
}

#[test]
fn failing_upstream_is_logged_once_and_in_the_line_of_each_request() {
    let nobody = TcpListener::bind("127.0.0.1:0").map(|listener| listener.local_addr().unwrap()).unwrap();
    let upstream = format!("--upstream=inventory=http://{nobody}\nsick=http://{nobody}");
    let rule = "--fault=error=503;id=ill;upstream=sick";
    let process = Process::start(command().args(["--drain-delay=0s", &upstream, rule]));
    for _ in 0..5 {
        get(&process.address, "/api/hello", "");
    }
    process.signal(Signal::TERM);
    let (_, log) = process.wait();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut warnings: Vec<_> = lines.iter().filter(|line| line["level"] == "WARN").collect();
    warnings.sort_by_key(|line| line["upstream"].to_string());
    let [inventory, sick] = warnings[..] else { panic!("one for each upstream: {warnings:?}") };
    assert_eq!((&sick["status"], &sick["error"], &sick["faults"]), (&json!(503), &json!("http"), &json!("ill=error")));
    assert_eq!((&inventory["error"], &inventory["faults"]), (&json!("refused"), &json!(null)));
    assert!(inventory["detail"].as_str().unwrap().contains("onnection refused"), "{inventory}");
    // Who was hit, and what was injected, is known of each request.
    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), 5);
    for line in requests {
        let failed: std::collections::BTreeSet<_> = line["failed"].as_str().unwrap().split(',').collect();
        assert_eq!(failed, ["sick=503", "inventory=refused"].into(), "{line}");
        assert_eq!(line["faults"], "ill=error", "{line}");
    }
}
