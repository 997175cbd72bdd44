//! Connections of a process that has few file descriptors.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::Instant,
};

use super::process::{DEADLINE, Process, command, get, pause};

pub(crate) const REQUEST: &[u8] = b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n";

/// The program with these limits of open files (`ulimit` flags and number), soft or hard.
fn limited(limits: &str, arguments: &[&str]) -> Command {
    let plain = command();
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.arg("-c").arg(format!("{limits} && exec \"$0\" \"$@\"")).arg(plain.get_program()).args(arguments);
    shell
}

/// Value of a series in the metrics.
pub(crate) fn metric(process: &Process, series: &str) -> u64 {
    let metrics = get(&process.admin, "/metrics", "");
    let value = metrics.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
    value.unwrap_or_else(|| panic!("no {series} in {metrics}"))
}

/// Connections that have sent this and are kept open.
pub(crate) fn clients(process: &Process, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = TcpStream::connect(&process.address).unwrap();
        stream.write_all(bytes).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    };
    (0..count).map(connect).collect()
}

fn assert_ports_answer(process: &Process) {
    for path in ["/livez", "/readyz", "/startupz", "/metrics"] {
        assert!(get(&process.admin, path, "").starts_with("HTTP/1.1 200 OK"), "{path}");
    }
    assert!(get(&process.control, "/faults", "").starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn idle_clients_leave_places_for_others_with_64_open_files() {
    let process = Process::start(&mut limited("ulimit -n 64", &[]));
    let _idle = clients(&process, 200, REQUEST);
    assert_ports_answer(&process);
    assert!(get(&process.address, "/api/hello", "").starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn busy_clients_leave_places_for_probes_with_64_open_files() {
    let process = Process::start(&mut limited("ulimit -n 64", &["--fault=hang"]));
    let clients = clients(&process, 200, REQUEST);
    assert_ports_answer(&process);
    process.faults("DELETE", "/faults", "");
    for mut stream in clients {
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("each client gets an answer");
        assert!([*b"HTTP/1.1 200", *b"HTTP/1.1 503"].contains(&status), "{}", String::from_utf8_lossy(&status));
    }
}

#[test]
fn soft_limit_of_open_files_is_raised_to_the_hard_one() {
    let process = Process::start(&mut limited("ulimit -Sn 64 && ulimit -Hn 512", &[]));
    let limits = std::fs::read_to_string(process.proc().join("limits")).unwrap();
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(open_files.split_whitespace().nth(3), Some("512"), "{open_files}");
}

#[test]
fn connections_that_do_not_fit_are_a_warning() {
    let mut process = Process::spawn(&mut limited("ulimit -n 256", &["--max-connections=1000"]));
    let warning = process.line_with("--max-connections is larger than the limit of open files");
    assert_eq!(warning["requested"], 1000);
    assert!(warning["allowed"].as_u64().is_some_and(|allowed| allowed < 256), "{warning}");
}

#[test]
fn open_connections_are_a_metric_by_port_and_state() {
    let process = Process::start(command().arg("--fault=hang;path=/api/echo"));
    let mut idle = clients(&process, 3, REQUEST);
    idle.iter_mut().for_each(|stream| stream.read_exact(&mut [0; 15]).unwrap());
    let _half = clients(&process, 1, &REQUEST[..10]);
    let _busy = clients(&process, 2, b"GET /api/echo HTTP/1.1\r\nhost: b\r\n\r\n");
    let began = Instant::now();
    let count = |port, state| metric(&process, &format!("meshwalk_connections{{port=\"{port}\",state=\"{state}\"}}"));
    while (count("application", "active"), count("application", "idle")) != (3, 3) {
        pause(began, "three active and three idle connections");
    }
    assert!(count("admin", "active") >= 1, "the scrape itself");
    assert_eq!(count("control", "active") + count("control", "idle"), 0);
}
