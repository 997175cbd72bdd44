//! Modes of the process's exit.

use super::{ModeSpec, life::parse_up_to_an_hour, spec::family};
use crate::quantity::Written;

family! {
    /// Faults of the process's exit.
    Shutdown {
        /// The process ignores SIGTERM.
        IgnoreSigterm = ModeSpec {
            name: "ignore-sigterm",
            summary: "logs each SIGTERM and does nothing about it; SIGINT ends the process in order, and SIGKILL at once",
            example: "ignore-sigterm",
            ..ModeSpec::PROCESS
        };
        /// The process exits this much later.
        SlowDrain(duration: Written = parse_up_to_an_hour) = ModeSpec {
            name: "slow-drain",
            arguments: &["DURATION"],
            summary: "the end takes so much longer (at most 1 h) after the last request and the last span; of several \
                      rules, the longest counts",
            example: "slow-drain=2m",
            ..ModeSpec::PROCESS
        };
    }
}
