//! Caps that a rule must keep to by itself.

use std::time::Duration;

use meshwalk_faults::{Delay, Load, Mode, Rule, Shaping, Timing};

use super::latency::longest;
use crate::faults::registry::{AddError, FaultLimits};

/// Rejects rules that go beyond a cap by themselves.
pub(in crate::faults) fn check_caps(rules: &[Rule], limits: FaultLimits) -> Result<(), AddError> {
    for rule in rules {
        match rule.mode {
            Mode::Shape(Shaping::Size(asked)) if asked.0 > limits.size => {
                return Err(AddError::TooLarge { rule: rule.to_string(), limit: limits.size });
            }
            Mode::Load(Load::Cpu(asked)) if asked > limits.cores => {
                let (rule, limit) = (rule.to_string(), limits.cores);
                return Err(AddError::TooMuch { rule, asked, limit, flag: "--fault-max-cores" });
            }
            _ => {}
        }
    }
    for rule in rules {
        let (delay, reach) = longest_delay(&rule.mode);
        if delay > limits.delay {
            return Err(AddError::TooSlow { rule: rule.to_string(), reach, delay, limit: limits.delay });
        }
    }
    Ok(())
}

/// Longest delay or processor time that a rule of the mode can ask for; the middle one of a distribution without an end.
fn longest_delay(mode: &Mode) -> (Duration, &'static str) {
    match mode {
        Mode::Timing(Timing::Latency(delay @ (Delay::Normal(_) | Delay::LogNormal(_)))) => (longest(delay), "about"),
        Mode::Timing(Timing::Latency(delay)) => (longest(delay), "up to"),
        Mode::Load(Load::Work(time)) => (time.0, "up to"),
        _ => (Duration::ZERO, "up to"),
    }
}
