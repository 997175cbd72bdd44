//! Limits that act on a whole process: what they do, and how they are counted.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use super::{
    descriptors::{REQUEST, clients, metric},
    process::{DEADLINE, Process, command, get, pause},
};

const HALF_HEAD: &[u8] = b"GET /api/hello HTTP/1.1\r\nho";
const REST_OF_HEAD: &[u8] = b"st: b\r\n\r\n";

/// Number of actions of a limit.
fn actions(process: &Process, limit: &str, action: &str) -> u64 {
    metric(process, &format!("meshwalk_limit_actions_total{{limit=\"{limit}\",action=\"{action}\"}}"))
}

/// Reads the beginning of a response to each client.
fn assert_answered(clients: &mut [TcpStream]) {
    for stream in clients {
        let mut start = [0; 15];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(start, *b"HTTP/1.1 200 OK");
    }
}

#[test]
fn idle_connection_is_evicted_for_a_new_one_and_counted() {
    let process = Process::start(command().arg("--max-connections=1"));
    assert_answered(&mut clients(&process, 1, REQUEST)[..]);
    let mut idle = clients(&process, 1, REQUEST);
    assert_answered(&mut idle);
    assert!(get(&process.address, "/api/hello", "").starts_with("HTTP/1.1 200 OK"));
    assert!(actions(&process, "max-connections", "evicted") >= 1);
}

#[test]
fn connection_with_half_a_head_is_evicted_before_a_new_one_is_rejected() {
    let process = Process::start(command().args(["--max-connections=3", "--header-read-timeout=1h"]));
    let _half = clients(&process, 3, HALF_HEAD);
    // The heads are younger than the time that a head has under pressure; the new connection waits for it.
    assert!(get(&process.address, "/api/hello", "").starts_with("HTTP/1.1 200 OK"));
    assert!(actions(&process, "max-connections", "evicted") >= 1);
}

#[test]
fn idle_connection_is_evicted_before_one_with_half_a_head() {
    let process = Process::start(command().args(["--max-connections=2", "--header-read-timeout=1h"]));
    let mut half = clients(&process, 1, HALF_HEAD);
    // From now on, the head is late enough for an eviction.
    thread::sleep(Duration::from_millis(600));
    let mut idle = clients(&process, 1, REQUEST);
    assert_answered(&mut idle);
    assert!(get(&process.address, "/api/hello", "").starts_with("HTTP/1.1 200 OK"));
    half[0].write_all(REST_OF_HEAD).unwrap();
    assert_answered(&mut half);
    let end = idle[0].read_to_end(&mut Vec::new());
    assert!(end.is_ok(), "the idle connection is closed: {end:?}");
}

#[test]
fn process_without_descriptors_evicts_an_idle_connection_and_counts_it() {
    let process = Process::start(&mut command());
    let mut idle = clients(&process, 1, REQUEST);
    assert_answered(&mut idle);
    let limit = getrlimit(Resource::Nofile);
    // The kernel takes the lowest free number, which must be below the limit.
    let is_free = |number: &u64| !process.proc().join(format!("fd/{number}")).exists();
    let current = (0..).find(is_free);
    prlimit(Some(process.id()), Resource::Nofile, Rlimit { current, maximum: limit.maximum }).unwrap();
    let mut new = clients(&process, 1, REQUEST);
    assert_answered(&mut new);
    prlimit(Some(process.id()), Resource::Nofile, limit).unwrap();
    assert!(actions(&process, "open-files", "delayed") >= 1);
    assert!(actions(&process, "open-files", "evicted") >= 1);
}

/// Writes an HTTP/2 frame (RFC 9113 section 4.1).
fn write_frame(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let frame = [&length[1..], &[kind, flags], &id.to_be_bytes(), payload].concat();
    stream.write_all(&frame).unwrap();
}

/// Reads an HTTP/2 frame: its type, its stream and its payload.
fn read_frame(stream: &mut TcpStream) -> (u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).unwrap();
    (head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload)
}

#[test]
fn bodies_beyond_the_memory_for_bodies_are_rejected_with_503() {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const WINDOW_UPDATE: u8 = 8;
    const PART: usize = 16_000;
    let process = Process::start(&mut command());
    let mut stream = TcpStream::connect(&process.control).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    // POST (3), http (6), and literals for `:path` (4) and `:authority` (1): RFC 7541 section 6.2.2.
    let block = b"\x83\x86\x04\x07/faults\x01\x09localhost";
    let mut window = 65_535;
    // Each stream leaves 64000 bytes of an unfinished body; 1 MiB is the limit for all.
    'streams: for id in (1..40).step_by(2) {
        write_frame(&mut stream, HEADERS, 4, id, block);
        for _ in 0..4 {
            while window < PART {
                match read_frame(&mut stream) {
                    (WINDOW_UPDATE, 0, bytes) => window += u32::from_be_bytes(bytes.try_into().unwrap()) as usize,
                    (HEADERS | DATA, ..) => break 'streams,
                    _ => {}
                }
            }
            write_frame(&mut stream, DATA, 0, id, &[b'#'; PART]);
            window -= PART;
        }
    }
    let began = Instant::now();
    while !get(&process.admin, "/metrics", "").contains("limit=\"body-memory\",action=\"rejected\"") {
        pause(began, "the memory for bodies is not exhausted");
    }
    // The memory is free again when the bodies are gone.
    drop(stream);
    let began = Instant::now();
    while process.faults("POST", "/faults", &"#".repeat(60_000)).starts_with("HTTP/1.1 503") {
        pause(began, "the memory for bodies stays taken");
    }
}
