//! How the engine is set up, and what protects the host.

use std::time::Duration;

use meshwalk_faults::Cores;

use crate::faults::trust::Trust;

/// How the engine is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whose requests may bring rules of their own.
    pub trust: Trust,
    /// The upstreams that there are: a rule about the calls to none of them is refused.
    pub upstreams: Vec<String>,
    /// What protects the host.
    pub limits: Limits,
    /// The name of this process, for rules about some instances only.
    pub instance: String,
}

/// Caps that protect the host.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many rules may be in force at once.
    pub rules: usize,
    /// How long one rule may delay a request, and all of them together.
    pub delay: Duration,
    /// How long a request may hang, and the body of an answer may drip.
    pub hang: Duration,
    /// How large a rule may make an answer, in bytes.
    pub size: u64,
    /// How much memory all rules together may hold, in bytes.
    pub memory: u64,
    /// How many cores all rules together may keep busy.
    pub cores: Cores,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        Self {
            rules: 256,
            delay: Duration::from_secs(60),
            hang: Duration::from_secs(300),
            size: 16 << 20,
            memory: 256 << 20,
            cores: Cores::of_thousandths(cores * 1000),
        }
    }
}
