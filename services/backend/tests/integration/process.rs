//! Running the program.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longer than anything here takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The program with an environment of its own, on ports of the kernel's choice.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backend"));
    command.env_clear();
    for variable in ["MESHWALK_LISTEN", "MESHWALK_ADMIN_LISTEN", "MESHWALK_CONTROL_LISTEN"] {
        command.env(variable, "127.0.0.1:0");
    }
    command
}

/// Waits a little for a condition that is waited for since then, or fails with the reason.
pub(crate) fn pause(since: Instant, reason: &str) {
    assert!(since.elapsed() < DEADLINE, "{reason}");
    std::thread::sleep(Duration::from_millis(5));
}

/// A running program. It does not outlive the test.
pub(crate) struct Process {
    child: Child,
    log: Receiver<String>,
    /// Where the application is.
    pub(crate) address: String,
    /// Where probes and metrics are.
    pub(crate) admin: String,
    /// Where faults are controlled.
    pub(crate) control: String,
}

impl Process {
    /// Starts the program without waiting, for want of a log that would tell when it serves, and where.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let log = lines(child.stdout.take().unwrap());
        Self { child, log, address: String::new(), admin: String::new(), control: String::new() }
    }

    /// Starts the program and waits until it serves.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = Self::spawn(command);
        let serving = process.line_with("serving");
        process.address = serving["listen"].as_str().unwrap().to_owned();
        process.admin = serving["admin"].as_str().unwrap().to_owned();
        process.control = serving["control"].as_str().unwrap().to_owned();
        process
    }

    /// Reads the log up to the line with this message, or fails if it does not come.
    pub(crate) fn line_with(&mut self, message: &str) -> Value {
        loop {
            let next = self.log.recv_timeout(DEADLINE);
            let line = next.unwrap_or_else(|error| panic!("the log stands still or ends ({error}) without: {message}"));
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            if value["message"].as_str().unwrap().starts_with(message) {
                return value;
            }
        }
    }

    /// Adds, lists or removes fault rules: the whole answer as text.
    pub(crate) fn faults(&self, method: &str, path: &str, rules: &str) -> String {
        ask(&self.control, method, path, "", rules)
    }

    /// The active fault rules.
    pub(crate) fn rules(&self) -> Vec<Value> {
        let answer = self.faults("GET", "/faults", "");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["rules"].as_array().unwrap().clone()
    }

    /// What the system tells of the process.
    pub(crate) fn proc(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.child.id()))
    }

    /// Waits until the application is answering a request.
    pub(crate) fn until_a_request_is_in_flight(&self) {
        let began = Instant::now();
        let active = "http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"} 1";
        while !get(&self.admin, "/metrics", "").contains(active) {
            pause(began, "no request is in flight");
        }
    }

    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// Waits for the end; the exit status and the rest of the log.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let began = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None => pause(began, "the program does not end"),
            }
        };
        (status, self.log.iter().collect())
    }
}

/// The lines of a log as they come, so a test can wait for the next one with a deadline.
fn lines(log: ChildStdout) -> Receiver<String> {
    let (found, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut log = BufReader::new(log);
        let mut line = String::new();
        // Stop when the test reads no further line.
        while log.read_line(&mut line).unwrap() > 0 && found.send(std::mem::take(&mut line)).is_ok() {}
    });
    lines
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line of the log of a program that is then ended.
pub(crate) fn first_line(command: &mut Command) -> String {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

/// One request on a connection of its own: the whole answer as text.
pub(crate) fn get(address: &str, path: &str, headers: &str) -> String {
    ask(address, "GET", path, headers, "")
}

fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n");
    write!(stream, "{head}connection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
