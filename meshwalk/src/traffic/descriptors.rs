//! File descriptors: each connection holds one.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Descriptors that the rest of the process may need: logs, sockets, children, the report.
const RESERVE: u64 = 128;

/// Raises this process's soft limit of open files, if needed and allowed, and returns how many of `wanted` connections
/// can be open at once under it.
pub(super) fn allow(wanted: usize) -> usize {
    let needed = wanted as u64 + RESERVE;
    let mut limit = getrlimit(Resource::Nofile);
    // An absent limit means that there is none.
    if limit.current.is_some_and(|soft| soft < needed) {
        let raised = limit.maximum.map_or(needed, |hard| hard.min(needed));
        let before = limit.current;
        limit.current = Some(raised.max(before.unwrap_or(0)));
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit.current = before;
        }
    }
    match limit.current {
        Some(soft) if soft < needed => (soft.saturating_sub(RESERVE) as usize).clamp(1, wanted),
        _ => wanted,
    }
}
