//! Memory that clients make the process hold.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::process::{Process, command, get, pause};

/// Resident memory in KiB.
fn resident_kib(process: &Process) -> u64 {
    let status = fs::read_to_string(process.proc().join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
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
    const BODY_BYTES: usize = 900_000;
    raise_file_limit();
    let process = Process::start(command().args(["--log-filter=info", "--body-read-timeout=1h"]));
    let before = resident_kib(&process);
    let head = "POST /api/hello HTTP/1.1\r\nhost: b\r\ncontent-length: 1000000\r\n\r\n";
    let body = vec![b'x'; BODY_BYTES];
    let connections: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = TcpStream::connect(&process.address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    while unread_bytes(&process) > 0 {
        pause(began, "the service does not read the bodies");
    }
    let grown = resident_kib(&process).saturating_sub(before);
    // A body that is kept takes 879 KiB.
    assert!(grown < CONNECTIONS * 100, "{grown} KiB for {CONNECTIONS} unfinished bodies");
    drop(connections);
}

/// Number of requests that were rejected because the memory for heads was taken.
fn rejected_heads(process: &Process) -> u64 {
    let series = "meshwalk_limit_actions_total{limit=\"header-memory\",action=\"rejected\"} ";
    let metrics = get(&process.admin, "/metrics", "");
    metrics.lines().find_map(|line| line.strip_prefix(series)?.parse().ok()).unwrap_or(0)
}

#[test]
fn large_heads_of_many_http2_streams_are_not_kept_in_memory() {
    const CONNECTIONS: u64 = 100;
    const STREAMS: u32 = 100;
    const VALUE_BYTES: usize = 15_000;
    let process = Process::start(command().arg("--fault=hang"));
    let before = resident_kib(&process);
    // GET (2), http (6), literals for `:path` (4) and `:authority` (1), and a field `x` whose value has a length in three
    // bytes: RFC 7541 sections 5.1 and 6.2.2.
    let mut block = b"\x82\x86\x04\x0a/api/hello\x01\x01b\x00\x01x\x7f\x99\x74".to_vec();
    block.resize(block.len() + VALUE_BYTES, b'v');
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in 0..STREAMS {
        let length = u32::try_from(block.len()).unwrap().to_be_bytes();
        bytes.extend([&length[1..], &[1, 5], &(2 * stream + 1).to_be_bytes(), &block].concat());
    }
    let connections: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = TcpStream::connect(&process.address).unwrap();
            stream.write_all(&bytes).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    // 8 MiB hold 555 of these 10,000 heads.
    while rejected_heads(&process) < 9400 {
        pause(began, "the memory for heads is not exhausted");
    }
    // The heads alone have 143 MiB. Pages of heads that are gone go back to the system after some seconds.
    let began = Instant::now();
    while resident_kib(&process) >= before + (90 << 10) {
        pause(began, "the heads of rejected requests are kept");
    }
    drop(connections);
}

#[cfg(feature = "jemalloc")]
#[test]
fn memory_of_closed_connections_is_returned_within_90_seconds() {
    const CONNECTIONS: usize = 3000;
    raise_file_limit();
    let process = Process::start(command().args(["--max-connections=4000", "--body-read-timeout=1h"]));
    let idle = resident_kib(&process);
    let unfinished =
        [b"POST /api/hello HTTP/1.1\r\nhost: b\r\ncontent-length: 1000000\r\n\r\n", &[b'x'; 20_000][..]].concat();
    let connections: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = TcpStream::connect(&process.address).unwrap();
            stream.write_all(&unfinished).unwrap();
            stream
        })
        .collect();
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
