//! What the process uses of its host, under the names of the client libraries of Prometheus ("Process metrics").
//!
//! The values are read from `/proc` at each scrape. The `metrics` crate's counters are whole numbers, and processor time
//! in whole seconds would hide most of what a fault such as `cpu=50ms` does.

use std::{fs, sync::OnceLock};

use metrics::Unit;
use rustix::{
    param::{clock_ticks_per_second, page_size},
    process::{Resource, getrlimit},
};

use super::page::{Kind, Page};

/// Writes the metrics of this process. What cannot be read is left out.
pub(super) fn write(page: &mut Page) {
    let mut gauge = |name: &str, unit: Option<Unit>, value: Option<u64>, help: &str| {
        if let Some(value) = value {
            page.family(name, Kind::Gauge, unit, help);
            page.sample("", value);
        }
    };
    let limit = getrlimit(Resource::Nofile).current;
    gauge("process_max_fds", None, limit, "Maximum number of open file descriptors.");
    gauge("process_open_fds", None, open_descriptors(), "Number of open file descriptors.");
    let Some(stat) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(Stat::parse) else { return };
    let resident = stat.resident_pages * page_size() as u64;
    let bytes = Some(Unit::Bytes);
    gauge("process_resident_memory_bytes", bytes, Some(resident), "Resident memory size in bytes.");
    gauge("process_threads", None, Some(stat.threads), "Number of operating system threads.");
    gauge("process_virtual_memory_bytes", bytes, Some(stat.virtual_bytes), "Virtual memory size in bytes.");
    page.family(
        "process_cpu_seconds_total",
        Kind::Counter,
        Some(Unit::Seconds),
        "Total user and system CPU time spent in seconds.",
    );
    page.sample("", seconds(stat.cpu_ticks));
    if let Some(booted) = boot_time() {
        let help = "Start time of the process since unix epoch in seconds.";
        page.family("process_start_time_seconds", Kind::Gauge, Some(Unit::Seconds), help);
        page.sample("", booted + seconds(stat.start_ticks));
    }
}

/// The fields of `/proc/self/stat` that are used (proc_pid_stat(5)).
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    /// User and system time.
    cpu_ticks: u64,
    threads: u64,
    /// Since the host has booted.
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Stat {
    /// Reads the file's text; `None` if it is not as documented.
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, and may have spaces and parentheses of its own.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // The documentation counts from 1; the first of these fields is number 3.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            start_ticks: field(22)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / clock_ticks_per_second() as f64
}

/// Number of open descriptors, without the one that counts them.
fn open_descriptors() -> Option<u64> {
    // Since Linux 6.2 the folder's size is their number; before, it is 0 and the entries have to be counted.
    match fs::metadata("/proc/self/fd").ok()?.len() {
        0 => Some((fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1)),
        number => Some(number),
    }
}

/// When the host has booted, in seconds since 1970. Read once: the file is long on hosts with many processors.
fn boot_time() -> Option<f64> {
    static BOOTED: OnceLock<Option<f64>> = OnceLock::new();
    *BOOTED.get_or_init(|| {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_of_a_program_with_parentheses_in_its_name_is_read() {
        let text =
            "7 (a) (b c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 12345 9000000 77 18446744073709551615 1";
        let expected =
            Stat { cpu_ticks: 300, threads: 3, start_ticks: 12345, virtual_bytes: 9_000_000, resident_pages: 77 };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse("7 (a) S 1 7"), None);
    }

    #[test]
    fn open_descriptors_include_a_file_that_is_open() {
        let files: Vec<_> = (0..50).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        assert!(open_descriptors().unwrap() >= files.len() as u64);
    }
}
