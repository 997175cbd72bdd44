//! Modes of the process's exit.

use super::{ModeSpec, life::parse_up_to_an_hour, spec::family};
use crate::quantity::Written;

family! {
    /// Faults of the process's exit.
    Shutdown {
        /// The process ignores SIGTERM.
        IgnoreSigterm = ModeSpec {
            name: "ignore-sigterm",
            summary: "logs and ignores each SIGTERM; SIGINT still ends the process gracefully, and SIGKILL at once",
            example: "ignore-sigterm",
            ..ModeSpec::PROCESS
        };
        /// The process exits this much later.
        SlowDrain(duration: Written = parse_up_to_an_hour) = ModeSpec {
            name: "slow-drain",
            arguments: &["DURATION"],
            summary: "delays the end of the process by DURATION (at most 1 h) after the last request and the last \
                      span; of several rules, the longest counts",
            example: "slow-drain=2m",
            ..ModeSpec::PROCESS
        };
    }
}
