//! How the process ends.

use std::time::Duration;

use clap::Args;

use super::duration;

/// How the process ends after SIGTERM, SIGINT, SIGHUP or SIGQUIT.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "End")]
pub struct Drain {
    /// How long to keep serving after the signal, unready already, while those in front still learn of the end; with
    /// 0s, not at all.
    #[arg(long, env = "MESHWALK_DRAIN_DELAY", value_name = "DURATION", default_value = "5s",
          value_parser = duration::perhaps_none)]
    pub drain_delay: Duration,

    /// How long requests in flight and the last spans may take after that; then they are cut, with 0s at once. Delay
    /// and timeout together must be less than the pod's terminationGracePeriodSeconds.
    #[arg(long, env = "MESHWALK_DRAIN_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = duration::perhaps_none)]
    pub drain_timeout: Duration,
}
