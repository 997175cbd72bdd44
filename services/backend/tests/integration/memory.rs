//! Memory that clients make the process hold.

use std::{fs, io::Write, net::TcpStream, time::Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::process::{Process, command, pause};

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
