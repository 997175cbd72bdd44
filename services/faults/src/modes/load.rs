//! Modes that use resources of the host: memory and processors.

use std::{fmt, str::FromStr};

use super::{ModeSpec, spec::family};
use crate::{bytes::ByteRate, error::ValueError, quantity::Written};

family! {
    /// Faults that use resources of the host.
    Load {
        /// The process holds more memory at this rate.
        Leak(rate: ByteRate = ByteRate::parse) = ModeSpec {
            name: "leak",
            arguments: &["BYTES/s"],
            summary: "allocates memory at this rate, up to --fault-max-memory for all rules together; frees all of it \
                      when the rule is removed",
            example: "leak=10MiB/s;ttl=60s",
            caps: Some("--fault-max-memory, for all rules together"),
            ..ModeSpec::PROCESS
        };
        /// The process keeps cores busy.
        Cpu(cores: Cores = Cores::parse) = ModeSpec {
            name: "cpu",
            arguments: &["CORES"],
            summary: "keeps CORES cores busy (at most three decimals), up to --fault-max-cores for all rules together",
            example: "cpu=0.5;ttl=30s",
            caps: Some("--fault-max-cores, for all rules together"),
            // The argument tells the two modes of this name apart: a duration has a unit.
            accepts: |argument| !argument.ends_with(|last: char| last.is_ascii_alphabetic()),
            ..ModeSpec::PROCESS
        };
        /// Each request uses processor time.
        Work(time: Written = Written::parse) = ModeSpec {
            name: "cpu",
            arguments: &["DURATION"],
            summary: "uses DURATION of processor time before the request is handled, on at most --fault-max-cores \
                      threads at once; the times of several rules add up",
            example: "cpu=20ms@10%",
            caps: Some("--fault-max-delay, for all rules together; --fault-max-cores at once"),
            ..ModeSpec::REQUESTS
        };
    }
}

/// A number of cores, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cores(u64);

impl Cores {
    /// Converts from thousandths of a core.
    pub const fn of_thousandths(thousandths: u64) -> Self {
        Self(thousandths)
    }

    /// Converts to thousandths of a core.
    pub const fn thousandths(self) -> u64 {
        self.0
    }

    /// Parses `2` or `0.5`.
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let thousandths = (is_number(whole) && is_number(fraction) && fraction.len() <= 3)
            .then(|| format!("{whole}{fraction:0<3}").parse().ok())
            .flatten()
            .filter(|thousandths| *thousandths > 0);
        thousandths.map(Self).ok_or_else(|| {
            let help = "write a number of cores, as in cpu=2 or cpu=0.5, or the time for each request, as in cpu=20ms";
            ValueError::new(0..text.len(), format!("`{text}` is not a valid number of cores"), help)
        })
    }
}

/// Parses the value of a flag.
impl FromStr for Cores {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / 1000)?;
        match self.0 % 1000 {
            0 => Ok(()),
            part => write!(f, ".{}", format!("{part:03}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_have_three_digits_after_the_point() {
        for (text, thousandths, shown) in
            [("2", 2000, "2"), ("0.5", 500, "0.5"), ("0.050", 50, "0.05"), ("1.125", 1125, "1.125")]
        {
            assert_eq!(Cores::parse(text), Ok(Cores(thousandths)), "{text}");
            assert_eq!(Cores(thousandths).to_string(), shown);
        }
        for wrong in ["", "0", "0.000", ".5", "1.", "1.0001", "-1", "two", "99999999999999999999", "1.5.2"] {
            assert!(Cores::parse(wrong).is_err(), "{wrong}");
        }
    }
}
