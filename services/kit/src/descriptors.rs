//! File descriptors: how many there are, and how many each port may use.

use std::fs;

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::{limits::Limit, net::Capacity};

/// The soft limit is raised to the hard one, but not beyond this without need: the hard one may be a billion.
const MOST_NEEDED: usize = 1 << 16;

/// Default of `--max-connections` with the connections to upstreams that their requests need, if there are descriptors for as
/// many. A connection takes up to 32 KiB, so all of them fit into the 128 MiB of the manifests.
const DEFAULT_CONNECTIONS: usize = 2048;

/// Descriptors in use, where the system does not show them.
const ASSUMED_IN_USE: usize = 32;

/// Least descriptors for what is neither a port's nor an upstream's: name lookups, files, exported spans.
const LEAST_SPARE: usize = 8;

/// How many connections each part of the service may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DescriptorBudget {
    pub(crate) application: Capacity,
    pub(crate) admin: Capacity,
    pub(crate) control: Capacity,
    /// Connections to all upstreams together.
    pub(crate) upstreams: usize,
}

/// The limit of open files leaves too few descriptors.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(
    "cannot serve with {limit} open files (ulimit -n), with {in_use} in use: \
     at least {needed} are needed; raise the limit"
)]
pub(crate) struct TooFewDescriptors {
    limit: usize,
    in_use: usize,
    needed: usize,
}

impl DescriptorBudget {
    /// Raises the limit of open files as far as needed and allowed, and divides the descriptors.
    ///
    /// `requested` is `--max-connections`, and `upstreams` the number of upstreams, each of which may need a connection for
    /// each request in flight.
    ///
    /// # Errors
    /// There are too few descriptors for one connection on each port.
    pub(crate) fn new(requested: Option<u32>, upstreams: usize) -> Result<Self, TooFewDescriptors> {
        let requested = requested.map(|count| count as usize);
        let needed = requested.unwrap_or(0).saturating_mul(1 + upstreams).saturating_mul(2).max(MOST_NEEDED);
        let budget = Self::divide(raise_limit(needed), in_use(), requested, upstreams)?;
        let allowed = budget.application.connections;
        if let Some(requested) = requested
            && allowed < requested
        {
            tracing::warn!(
                requested,
                allowed,
                "--max-connections is larger than the limit of open files (ulimit -n) allows; raise that limit"
            );
        }
        Ok(budget)
    }

    fn divide(
        limit: usize,
        in_use: usize,
        requested: Option<usize>,
        upstreams: usize,
    ) -> Result<Self, TooFewDescriptors> {
        let spare = (limit / 16).clamp(LEAST_SPARE, 64);
        let available = limit.saturating_sub(in_use + spare);
        let admin = (available / 8).clamp(2, 64);
        let control = (available / 16).clamp(1, 16);
        let passing_small = 2;
        let passing = (available / 16).clamp(1, 64);
        // A connection that is being closed takes a descriptor, and so does one that is being rejected. A request to the
        // control port reads a file.
        let reserved = admin + 2 * control + 4 * passing_small + 2 * passing;
        let rest = available.saturating_sub(reserved);
        let most = rest / (1 + upstreams);
        if most == 0 {
            return Err(TooFewDescriptors { limit, in_use, needed: in_use + spare + reserved + 1 + upstreams });
        }
        let connections = requested.unwrap_or((DEFAULT_CONNECTIONS / (1 + upstreams)).max(1)).min(most);
        let small = |connections, limit| Capacity { connections, passing: passing_small, limit };
        Ok(Self {
            application: Capacity { connections, passing, limit: Limit::MAX_CONNECTIONS },
            admin: small(admin, Limit::ADMIN_CONNECTIONS),
            control: small(control, Limit::CONTROL_CONNECTIONS),
            upstreams: rest - connections,
        })
    }
}

/// Raises the soft limit of open files to the hard one, if it is lower than `needed`, and returns the limit.
fn raise_limit(needed: usize) -> usize {
    let as_count = |limit: Option<u64>| limit.map_or(needed, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let before = getrlimit(Resource::Nofile);
    let (soft, hard) = (as_count(before.current), as_count(before.maximum));
    if soft >= needed.min(hard) {
        return soft;
    }
    let raised = needed.min(hard);
    let mut wanted = before;
    wanted.current = Some(raised as u64);
    match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => raised,
        Err(error) => {
            tracing::warn!(%error, soft, "cannot raise the limit of open files");
            soft
        }
    }
}

/// Number of descriptors that the process has open.
fn in_use() -> usize {
    // The folder that is read is open, too.
    fs::read_dir("/proc/self/fd").map_or(ASSUMED_IN_USE, |descriptors| descriptors.count().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Most descriptors that the parts may take together.
    fn total(budget: &DescriptorBudget) -> usize {
        let port = |capacity: Capacity| capacity.connections + 2 * capacity.passing;
        let ports = port(budget.application) + port(budget.admin) + port(budget.control);
        ports + budget.control.connections + budget.upstreams
    }

    #[test]
    fn parts_never_exceed_the_limit_and_each_has_some() {
        for limit in [64, 100, 256, 1024, 20_000, 1 << 16, 1 << 20] {
            for upstreams in 0..4 {
                for requested in [None, Some(1), Some(500), Some(1_000_000)] {
                    let case = format!("{limit} {upstreams} {requested:?}");
                    let budget = DescriptorBudget::divide(limit, 16, requested, upstreams).expect(&case);
                    let connections = budget.application.connections;
                    assert!(total(&budget) + 16 + LEAST_SPARE <= limit, "{case}: {budget:?}");
                    assert!(connections >= 1 && budget.admin.connections >= 2, "{case}: {budget:?}");
                    assert!(budget.upstreams >= connections * upstreams, "{case}: {budget:?}");
                    assert!(requested.is_none_or(|requested| connections <= requested), "{case}: {budget:?}");
                }
            }
        }
    }

    #[test]
    fn default_is_2048_connections_with_those_to_upstreams_where_descriptors_allow() {
        let connections =
            |limit, upstreams| DescriptorBudget::divide(limit, 16, None, upstreams).unwrap().application.connections;
        assert_eq!([0, 1, 3].map(|upstreams| connections(1 << 20, upstreams)), [2048, 1024, 512]);
        assert!((300..500).contains(&connections(1024, 1)), "{}", connections(1024, 1));
    }

    #[test]
    fn too_few_descriptors_are_an_error_that_names_the_limit() {
        let error = DescriptorBudget::divide(24, 16, None, 0).unwrap_err().to_string();
        assert!(error.contains("24 open files (ulimit -n)") && error.contains("raise the limit"), "{error}");
    }
}
