//! What injected faults may take of the host.

use std::time::Duration;

use clap::Args;

use super::{duration, number};
use crate::faults;

/// What injected faults may take of the host, whatever the rules say.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Faults")]
pub struct FaultCaps {
    /// Maximum number of active rules.
    #[arg(long, env = "MESHWALK_FAULT_MAX_RULES", value_name = "COUNT", default_value = "256",
          value_parser = number::within::<u32>(1..=10_000))]
    pub fault_max_rules: u32,

    /// How long rules may delay one request, and how much processor time they may use up for it; with
    /// 0s, no rule may delay any.
    #[arg(long, env = "MESHWALK_FAULT_MAX_DELAY", value_name = "DURATION", default_value = "60s",
          value_parser = duration::perhaps_none)]
    pub fault_max_delay: Duration,

    /// How long a rule may keep a request without an answer, and may take to send the body of one; with 0s, such
    /// requests end at once.
    #[arg(long, env = "MESHWALK_FAULT_MAX_HANG", value_name = "DURATION", default_value = "5m",
          value_parser = duration::perhaps_none)]
    pub fault_max_hang: Duration,

    /// How large a rule may make an answer, such as 16MiB; with 0, no rule may.
    #[arg(long, env = "MESHWALK_FAULT_MAX_SIZE", value_name = "BYTES", default_value = "16MiB",
          value_parser = faults::parse_amount)]
    pub fault_max_size: u64,

    /// How much memory all rules together may hold, such as 256MiB; with 0, none.
    #[arg(long, env = "MESHWALK_FAULT_MAX_MEMORY", value_name = "BYTES", default_value = "256MiB",
          value_parser = faults::parse_amount)]
    pub fault_max_memory: u64,

    /// How many cores all rules together may keep busy, such as 2 or 0.5; as many as there are unless told otherwise.
    #[arg(long, env = "MESHWALK_FAULT_MAX_CORES", value_name = "CORES", value_parser = cores)]
    pub fault_max_cores: Option<faults::Cores>,
}

/// More than any machine has.
const MOST_CORES: &str = "1024";

/// Says what is right for the flag: a rule may write more after `cpu=` than a number of cores.
fn cores(text: &str) -> Result<faults::Cores, String> {
    let most = MOST_CORES.parse::<faults::Cores>()?;
    text.parse().ok().filter(|cores| *cores <= most).ok_or_else(|| {
        format!(
            "expected a number of cores above 0 and up to {MOST_CORES}, with at most three digits after the point, \
             such as 2 or 0.5"
        )
    })
}

impl From<&FaultCaps> for faults::FaultLimits {
    fn from(caps: &FaultCaps) -> Self {
        let defaults = Self::default();
        Self {
            rules: caps.fault_max_rules as usize,
            delay: caps.fault_max_delay,
            hang: caps.fault_max_hang,
            size: caps.fault_max_size,
            memory: caps.fault_max_memory,
            cores: caps.fault_max_cores.unwrap_or(defaults.cores),
        }
    }
}
