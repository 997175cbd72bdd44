//! Memory that clients make the process hold.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::process::{Process, command, get, pause};

/// Head of a request whose body does not arrive in full.
const UNFINISHED_HEAD: &[u8] = b"POST /api/hello HTTP/1.1\r\nhost: b\r\ncontent-length: 1000000\r\n\r\n";

/// Resident memory in KiB.
fn resident_kib(process: &Process) -> u64 {
    status_kib(process, "VmRSS:")
}

/// A size in `/proc/PID/status`, in KiB.
fn status_kib(process: &Process, field: &str) -> u64 {
    let status = fs::read_to_string(process.proc().join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Bytes that clients have sent and the process has not read yet, on all connections to its application.
fn unread_bytes(process: &Process) -> u64 {
    let port: u16 = process.address.rsplit(':').next().unwrap().parse().unwrap();
    let table = fs::read_to_string(process.proc().join("net/tcp")).unwrap();
    let fields = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    // proc(5): the local address ends in the port, the queues are TX:RX, all of them in hexadecimal.
    let of_port = fields.filter(|fields| fields[1].ends_with(&format!(":{port:04X}")) && fields[3] == "01");
    of_port.map(|fields| u64::from_str_radix(fields[4].split(':').nth(1).unwrap(), 16).unwrap()).sum()
}

/// Raises this process's limit of open files to the hard limit.
fn raise_file_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

#[test]
fn unfinished_bodies_are_not_kept_in_memory() {
    const CONNECTIONS: u64 = 200;
    raise_file_limit();
    let process = Process::start(command().args(["--log-filter=info", "--body-read-timeout=1h"]));
    let before = resident_kib(&process);
    let connections = connections(&process, CONNECTIONS, &[UNFINISHED_HEAD, &[b'x'; 900_000]].concat());
    let began = Instant::now();
    while unread_bytes(&process) > 0 {
        pause(began, "the service does not read the bodies");
    }
    let grown = resident_kib(&process).saturating_sub(before);
    // A body that is kept takes 879 KiB.
    assert!(grown < CONNECTIONS * 100, "{grown} KiB for {CONNECTIONS} unfinished bodies");
    drop(connections);
}

/// Number of requests or connections to which the limit of memory for heads did this.
fn header_memory_actions(process: &Process, action: &str) -> u64 {
    let series = format!("meshwalk_limit_actions_total{{limit=\"header-memory\",action=\"{action}\"}} ");
    let metrics = get(&process.admin, "/metrics", "");
    metrics.lines().find_map(|line| line.strip_prefix(&*series)?.parse().ok()).unwrap_or(0)
}

/// An HTTP/2 client's first bytes: the preface, SETTINGS, and requests whose heads have a field of this size.
fn http2_requests(count: u32, value_bytes: u16) -> Vec<u8> {
    // GET (2), http (6), literals for `:path` (4) and `:authority` (1), and a field `x` whose value has a length in three
    // bytes: RFC 7541 sections 5.1 and 6.2.2.
    let mut block = b"\x82\x86\x04\x0a/api/hello\x01\x01b\x00\x01x\x7f".to_vec();
    let length = value_bytes - 127;
    block.extend([(length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
    block.resize(block.len() + usize::from(value_bytes), b'v');
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in 0..count {
        let length = u32::try_from(block.len()).unwrap().to_be_bytes();
        bytes.extend([&length[1..], &[1, 5], &(2 * stream + 1).to_be_bytes(), &block].concat());
    }
    bytes
}

/// Opens connections and sends the same bytes on each.
fn connections(process: &Process, count: u64, bytes: &[u8]) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = TcpStream::connect(&process.address).unwrap();
        stream.write_all(bytes).unwrap();
        stream
    };
    (0..count).map(connect).collect()
}

#[test]
fn large_heads_of_many_http2_streams_are_not_kept_in_memory() {
    let process = Process::start(command().arg("--fault=hang"));
    let before = resident_kib(&process);
    let connections = connections(&process, 100, &http2_requests(100, 15_000));
    let began = Instant::now();
    // 8 MiB hold 555 of these 10,000 heads.
    while header_memory_actions(&process, "rejected") < 9400 {
        pause(began, "the memory for heads is not exhausted");
    }
    // The heads alone have 143 MiB. Pages of heads that are gone go back to the system after some seconds.
    let began = Instant::now();
    while resident_kib(&process) >= before + (90 << 10) {
        pause(began, "the heads of rejected requests are kept");
    }
    drop(connections);
}

#[test]
fn bursts_of_http2_requests_do_not_exceed_the_memory_for_streams() {
    const CONNECTIONS: u64 = 1000;
    raise_file_limit();
    let process = Process::start(&mut command());
    let before = resident_kib(&process);
    // No client reads a response.
    let connections = connections(&process, CONNECTIONS, &http2_requests(100, 200));
    let began = Instant::now();
    // 12 MiB are the tables of 192 connections with 100 streams each.
    while header_memory_actions(&process, "closed") < CONNECTIONS - 192 {
        pause(began, "the memory for streams is not exhausted");
    }
    let peak = status_kib(&process, "VmHWM:") - before;
    // Full tables of all connections have 67 MB.
    assert!(peak < 36 << 10, "{peak} KiB");
    drop(connections);
}

#[cfg(feature = "jemalloc")]
#[test]
fn memory_of_closed_connections_is_returned_within_90_seconds() {
    const CONNECTIONS: u64 = 3000;
    raise_file_limit();
    let process = Process::start(command().args(["--max-connections=4000", "--body-read-timeout=1h"]));
    let idle = resident_kib(&process);
    let connections = connections(&process, CONNECTIONS, &[UNFINISHED_HEAD, &[b'x'; 20_000]].concat());
    let began = Instant::now();
    while unread_bytes(&process) > 0 {
        pause(began, "the service does not read the bodies");
    }
    let open = resident_kib(&process);
    assert!(open > 2 * idle, "{open} KiB with {CONNECTIONS} connections, {idle} KiB before");
    drop(connections);
    let closed = Instant::now();
    while resident_kib(&process) >= 2 * idle {
        let now = resident_kib(&process);
        assert!(closed.elapsed() < Duration::from_secs(90), "{now} KiB, {idle} KiB before");
        std::thread::sleep(Duration::from_millis(200));
    }
}
