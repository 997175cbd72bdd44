//! FaultSettings of the engine, and caps that protect the host.

use std::time::Duration;

use meshwalk_faults::Cores;

use crate::faults::trust::Trust;

/// Settings of the fault engine.
#[derive(Debug, Clone, Default)]
pub struct FaultSettings {
    /// Callers whose requests may carry inline rules.
    pub trust: Trust,
    /// Names of the upstreams. A rule about calls to others is rejected.
    pub upstreams: Vec<String>,
    /// Caps that protect the host.
    pub limits: FaultLimits,
    /// Name of this instance, for rules with `instance`.
    pub instance: String,
}

/// Caps that protect the host.
#[derive(Debug, Clone, Copy)]
pub struct FaultLimits {
    /// Number of active rules.
    pub rules: usize,
    /// Delay of a request, by one rule and by all together.
    pub delay: Duration,
    /// Time that a request may hang, and that a body may drip.
    pub hang: Duration,
    /// Size to which a rule may pad a body, in bytes.
    pub size: u64,
    /// Memory that all rules together may hold, in bytes.
    pub memory: u64,
    /// Cores that all rules together may keep busy.
    pub cores: Cores,
}

impl Default for FaultLimits {
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
