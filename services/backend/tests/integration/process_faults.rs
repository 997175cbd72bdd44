//! Faults of the process as a whole: how it ends, and what it takes of the host.

use std::{
    fs,
    net::TcpStream,
    os::unix::process::ExitStatusExt,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use super::process::{Process, command, get, pause};

const MIB: u64 = 1 << 20;

/// How much memory the process holds, in bytes.
fn resident(process: &Process) -> u64 {
    let status = fs::read_to_string(process.proc().join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// Waits until the process has this many threads that keep cores busy. They name themselves once they run, and the system
/// forgets them a moment after their end.
fn until_busy_threads_are(process: &Process, number: usize) {
    let began = Instant::now();
    let busy = || {
        let tasks = fs::read_dir(process.proc().join("task")).unwrap();
        let names = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default());
        names.filter(|name| name.trim() == "fault-cpu").count()
    };
    while busy() != number {
        pause(began, "another number of threads is busy");
    }
}

#[test]
fn a_crash_is_answered_first_and_ends_the_process_as_it_says() {
    for (rule, code, signal) in [
        ("crash", Some(70), None),
        ("crash=3", Some(3), None),
        ("crash=0", Some(0), None),
        ("crash=abort", None, Some(6)),
    ] {
        let process = Process::start(&mut command());
        let answer = process.faults("POST", "/faults", &format!("{rule};id=last"));
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"id\":\"last\""), "{rule}: {answer}");
        let (status, log) = process.wait();
        assert_eq!((status.code(), status.signal()), (code, signal), "{rule}: {log}");
        assert!(log.contains("crashing: an injected fault"), "{rule}: {log}");
    }
}

#[test]
fn a_crash_by_flag_is_one_at_the_start_or_when_its_time_comes() {
    let (status, _) = Process::spawn(command().arg("--fault=crash=9")).wait();
    assert_eq!(status.code(), Some(9));
    let later = Process::start(command().arg("--fault=crash=8;after=1s"));
    assert!(get(&later.address, "/api/hello", "").starts_with("HTTP/1.1 200 OK"));
    assert_eq!(later.wait().0.code(), Some(8));
}

#[test]
fn an_ignored_sigterm_is_logged_and_counted_and_sigint_still_ends_the_process() {
    let mut process = Process::start(command().args(["--drain-delay=0s", "--fault=ignore-sigterm;id=deaf"]));
    for _ in 0..2 {
        process.signal(Signal::TERM);
        assert_eq!(process.line_with("SIGTERM is ignored")["fault"], "deaf");
        assert!(get(&process.admin, "/readyz", "").starts_with("HTTP/1.1 200"));
    }
    assert_eq!(process.rules()[0]["fired"], 2);
    process.signal(Signal::INT);
    assert_eq!(process.wait().0.code(), Some(0));
}

#[test]
fn a_process_that_listens_again_ends_at_the_next_sigterm() {
    let mut process = Process::start(command().args(["--drain-delay=0s", "--fault=ignore-sigterm"]));
    process.signal(Signal::TERM);
    process.line_with("SIGTERM is ignored");
    process.faults("DELETE", "/faults", "");
    process.signal(Signal::TERM);
    assert_eq!(process.wait().0.code(), Some(0));
}

#[test]
fn a_slow_drain_holds_the_end_up_until_its_rule_goes() {
    let mut process = Process::start(command().args(["--drain-delay=0s", "--fault=slow-drain=1h;id=late"]));
    process.signal(Signal::TERM);
    assert_eq!(process.line_with("the end is held up")["fault"], "late");
    assert!(TcpStream::connect(&process.address).is_err(), "the application's port is closed");
    assert!(get(&process.admin, "/readyz", "").contains("drain"));
    assert!(process.faults("DELETE", "/faults", "").contains("late"));
    assert_eq!(process.wait().0.code(), Some(0));
}

#[test]
fn a_slow_drain_takes_so_much_longer() {
    let mut process = Process::start(command().args(["--drain-delay=0s", "--fault=slow-drain=300ms|slow-drain=1ms"]));
    let asked = Instant::now();
    process.signal(Signal::TERM);
    process.line_with("the end is held up");
    assert_eq!(process.wait().0.code(), Some(0));
    assert!(asked.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_leak_is_resident_up_to_the_cap_and_goes_back_at_once() {
    let mut process = Process::start(command().arg("--fault-max-memory=128MiB"));
    let before = resident(&process);
    process.faults("POST", "/faults", "leak=1GiB/s;id=a\nleak=1GiB/s;id=b");
    process.line_with("capped");
    let began = Instant::now();
    while resident(&process) < before + 120 * MIB {
        pause(began, "the memory does not grow");
    }
    assert!(resident(&process) < before + 150 * MIB, "the cap is for both rules together");
    assert!(process.rules().iter().any(|rule| rule["capped"] == 1));
    process.faults("DELETE", "/faults", "");
    let after = resident(&process);
    assert!(after < before + 20 * MIB, "{before} bytes before, {after} after");
}

#[test]
fn a_leak_ends_with_its_time_to_live() {
    let process = Process::start(&mut command());
    let before = resident(&process);
    process.faults("POST", "/faults", "leak=200MiB/s;ttl=500ms");
    let began = Instant::now();
    while resident(&process) < before + 50 * MIB {
        pause(began, "the memory does not grow");
    }
    while resident(&process) > before + 20 * MIB {
        pause(began, "the memory does not go back");
    }
}

#[test]
fn busy_cores_are_threads_that_stop_at_once() {
    let process = Process::start(command().arg("--fault-max-cores=1.5"));
    let answer = process.faults("POST", "/faults", "cpu=2");
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("--fault-max-cores"), "{answer}");
    process.faults("POST", "/faults", "cpu=1;id=a\ncpu=0.75;id=b");
    until_busy_threads_are(&process, 2);
    let used = || {
        let stat = fs::read_to_string(process.proc().join("stat")).unwrap();
        // The fields after the name, which may hold spaces; the 12th is the time in user mode, in hundredths (proc(5)).
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(11).unwrap().parse::<u64>().unwrap()
    };
    // A whole second of processor time: more than the process needs for anything else while this waits.
    let (before, began) = (used(), Instant::now());
    while used() < before + 100 {
        pause(began, "no processor is busy");
    }
    let capped: Vec<Value> = process.rules().iter().map(|rule| rule["capped"].clone()).collect();
    assert_eq!(capped, [0, 1], "only half a core was left for the second");
    process.faults("DELETE", "/faults/b", "");
    until_busy_threads_are(&process, 1);
    process.faults("DELETE", "/faults", "");
    until_busy_threads_are(&process, 0);
}

#[test]
fn a_slow_start_is_one_until_its_time_or_its_rule_is_over() {
    let process = Process::start(command().arg("--fault=slow-start=1h;id=slow"));
    for path in ["/startupz", "/readyz"] {
        let answer = get(&process.admin, path, "");
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("fault slow"), "{path}: {answer}");
    }
    assert!(get(&process.admin, "/livez", "").starts_with("HTTP/1.1 200"));
    let refused = process.faults("POST", "/faults", "slow-start=1s");
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("--fault"), "{refused}");
    process.faults("DELETE", "/faults", "");
    for path in ["/startupz", "/readyz"] {
        assert!(get(&process.admin, path, "").starts_with("HTTP/1.1 200"), "{path}");
    }

    let short = Process::start(command().arg("--fault=slow-start=400ms"));
    let began = Instant::now();
    while !get(&short.admin, "/readyz", "").starts_with("HTTP/1.1 200") {
        pause(began, "the process never starts");
    }
    assert!(short.rules().is_empty(), "the rule has gone by itself");
}
