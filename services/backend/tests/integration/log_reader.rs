//! Readers of the log that are slow, stalled or gone: they cost the program lines, and nothing else.

use std::{
    fs::File,
    io::{BufRead, BufReader, ErrorKind, PipeReader, PipeWriter, Read, Write, pipe},
    os::unix::net::UnixStream,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    time::Instant,
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::{Pid, Signal, kill_process},
};
use serde_json::Value;
use tempfile::TempDir;

use super::process::{DEADLINE, command, pause};

/// Requests whose lines need more than the pipe, the queue and the batch that is being written can hold.
const REQUESTS: usize = 700;

/// Length of a path that makes a line of 10 kB.
const LONG: usize = 10_000;

/// The program with its ports in a directory, because its log cannot tell where they are.
struct Program {
    child: Child,
    directory: TempDir,
}

impl Program {
    fn start(arguments: &[&str], stdout: impl Into<Stdio>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = command();
        ports(&mut command, &directory);
        let child = command.args(arguments).stdout(stdout).spawn().unwrap();
        let program = Self { child, directory };
        let began = Instant::now();
        // The admin port is the last one to open.
        while UnixStream::connect(program.directory.path().join("admin")).is_err() {
            pause(began, "the program does not serve");
        }
        program
    }

    /// The answer to a request, which must come before the deadline.
    fn get(&self, port: &str, path: &str) -> String {
        let mut stream = UnixStream::connect(self.directory.path().join(port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends requests whose lines no reader takes, and checks that they are answered, and the probes too.
    fn serves(&self) {
        for _ in 0..REQUESTS {
            let answer = self.get("app", &format!("/{}", "x".repeat(LONG)));
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        }
        assert!(self.get("app", "/api/hello").starts_with("HTTP/1.1 200"));
        for probe in ["/livez", "/readyz"] {
            assert!(self.get("admin", probe).starts_with("HTTP/1.1 200"), "{probe}");
        }
    }

    /// The metric of dropped lines.
    fn dropped(&self) -> usize {
        let metrics = self.get("admin", "/metrics");
        let line = metrics.lines().find_map(|line| line.strip_prefix("meshwalk_log_lines_dropped_total "));
        line.unwrap_or_else(|| panic!("no such metric: {metrics}")).parse().unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn wait(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ports(command: &mut Command, directory: &TempDir) {
    for (variable, port) in
        [("MESHWALK_LISTEN", "app"), ("MESHWALK_ADMIN_LISTEN", "admin"), ("MESHWALK_CONTROL_LISTEN", "control")]
    {
        command.env(variable, format!("unix:{}", directory.path().join(port).display()));
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return status,
            None => pause(began, "the program does not end"),
        }
    }
}

/// A pipe that takes no further byte until it is read.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'\n'; 4096]).map_err(|error| error.kind()) != Err(ErrorKind::WouldBlock) {}
    while writer.write(b"\n").map_err(|error| error.kind()) != Err(ErrorKind::WouldBlock) {}
    fcntl_setfl(&writer, flags).unwrap();
    (reader, writer)
}

#[test]
fn stalled_reader_delays_no_request_no_probe_and_no_end() {
    for format in ["--log-format=json", "--log-format=text"] {
        let (_reader, stdout) = full_pipe();
        let mut program = Program::start(&["--drain-delay=0s", format], stdout);
        program.serves();
        assert!(program.dropped() > 0, "{format}: the queue is bounded");
        program.signal(Signal::TERM);
        assert_eq!(program.wait().code(), Some(0), "{format}");
    }
}

#[test]
fn reader_that_resumes_gets_whole_lines_and_the_number_of_those_dropped() {
    let (reader, stdout) = full_pipe();
    let mut program = Program::start(&["--drain-delay=0s"], stdout);
    program.serves();
    let dropped = program.dropped();
    let (found, read) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(reader).lines().map(Result::unwrap).filter(|line| !line.is_empty());
        lines.map(|line| found.send(line)).take_while(Result::is_ok).for_each(drop);
    });
    let mut lines: Vec<Value> = Vec::new();
    let json = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    while lines.last().is_none_or(|line| line["dropped"].is_null()) {
        lines.push(json(&read.recv_timeout(DEADLINE).expect("the log says how many lines were dropped")));
    }
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    lines.extend(read.iter().map(|line| json(&line)));
    let reports: Vec<&Value> = lines.iter().filter(|line| !line["dropped"].is_null()).collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(reports[0]["dropped"], dropped);
    let requests = lines.iter().filter(|line| line["message"] == "request").count();
    assert_eq!(requests + dropped, REQUESTS + 1, "each line is written or counted");
}

#[test]
fn closed_pipe_and_full_disk_end_neither_the_program_nor_a_request() {
    for format in ["--log-format=json", "--log-format=text"] {
        let closed = {
            let (reader, writer) = pipe().unwrap();
            drop(reader);
            Stdio::from(writer)
        };
        let full = File::options().write(true).open("/dev/full").unwrap().into();
        for stdout in [closed, full] {
            let mut program = Program::start(&["--drain-delay=0s", format], stdout);
            program.serves();
            assert!(program.dropped() > 0, "{format}: the queue is bounded");
            program.signal(Signal::TERM);
            assert_eq!(program.wait().code(), Some(0), "{format}");
        }
    }
}

#[test]
fn stalled_reader_delays_no_failed_start_no_second_signal_and_no_crash() {
    // Standard error is in the same pipe, as with `2>&1`.
    let (_reader, stdout) = full_pipe();
    let directory = tempfile::tempdir().unwrap();
    let mut command = command();
    ports(&mut command, &directory);
    command.env("MESHWALK_LISTEN", "unix:/no/such/directory/app");
    let stderr = stdout.try_clone().unwrap();
    let mut child = command.stdout(stdout.try_clone().unwrap()).stderr(stderr).spawn().unwrap();
    assert_eq!(wait(&mut child).code(), Some(1), "failed start");

    let mut program = Program::start(&["--drain-delay=1h"], stdout.try_clone().unwrap());
    program.signal(Signal::TERM);
    let began = Instant::now();
    while !program.get("admin", "/readyz").starts_with("HTTP/1.1 503") {
        pause(began, "the first signal is not taken");
    }
    program.signal(Signal::INT);
    assert_eq!(program.wait().code(), Some(1), "second signal");

    let mut command = super::process::command();
    ports(&mut command, &directory);
    let mut child = command.arg("--fault=crash=9").stdout(stdout).spawn().unwrap();
    assert_eq!(wait(&mut child).code(), Some(9), "crash");
}
