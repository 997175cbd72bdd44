//! Amounts that counters are compared with.

use std::fmt;

use super::{
    Evidence,
    category::{Category, ClassCounts, FAILED, YES},
    fault_modes,
};
use crate::{
    quantity::readable,
    traffic::{Observation, units},
};

/// Number, or a named quantity of the step's traffic.
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// Constant number.
    Number(f64),
    /// Number of requests.
    Requests,
    /// Number of responses with a status below 400.
    Success,
    /// Number of requests without an HTTP response.
    Failures,
    /// Number of attempts that the answered requests took at the counted service.
    Attempts,
    /// Number of requests of a class.
    Of(Category, String),
    /// Number of faults of a mode, as counted by the applications.
    Faults(String),
    /// Multiple of another amount.
    Times(u32, Box<Amount>),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Requests => f.write_str("requests"),
            Self::Success => f.write_str("success"),
            Self::Failures => f.write_str("failures"),
            Self::Attempts => f.write_str("attempts"),
            Self::Of(Category::Version, class) => write!(f, "version:{class}"),
            Self::Of(Category::Slower(than), _) => write!(f, "slower:{}", readable(*than)),
            Self::Of(category, class) => write!(f, "{}:{class}", category.word()),
            Self::Faults(mode) => write!(f, "faults:{mode}"),
            Self::Times(factor, amount) => write!(f, "{factor} × {amount}"),
        }
    }
}

impl Amount {
    /// Reads a number, the name of a quantity of the traffic, or a multiple of one.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some((factor, of)) = text.split_once('×').or_else(|| text.split_once('*')) {
            let wrong =
                || format!("`{text}` is not a valid multiple; write a whole number and an amount, as `9 × requests`");
            let factor = factor.trim().parse().ok().filter(|factor| *factor > 0).ok_or_else(wrong)?;
            return Ok(Self::Times(factor, Box::new(Self::parse_simple(of.trim())?)));
        }
        Self::parse_simple(text)
    }

    fn parse_simple(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a valid amount; write a number, `requests`, `success`, `failures`, `attempts`, or a class as \
                 `status:500`, `version:v2`, `upstream-status:403`, `upstream-error:reset`, `slower:1s`, `faults:error`; or a multiple, \
                 as `9 × requests`"
            )
        };
        if let Some((category, of)) = text.split_once(':') {
            let category = match category.trim() {
                "status" => Category::Status,
                "version" => Category::Version,
                "upstream-status" => Category::UpstreamStatus,
                "upstream-error" => Category::UpstreamError,
                "slower" => return Ok(Self::Of(Category::Slower(units::duration(of.trim())?), YES.to_owned())),
                "faults" => return fault_modes::mode(of.trim()).map(Self::Faults),
                _ => return Err(wrong()),
            };
            return Ok(Self::Of(category, category.class(of.trim())?));
        }
        Ok(match text {
            "requests" => Self::Requests,
            "success" => Self::Success,
            "failures" => Self::Failures,
            "attempts" => Self::Attempts,
            number => match number.parse::<f64>() {
                Ok(number) if number.is_finite() && number >= 0.0 => Self::Number(number),
                _ => return Err(wrong()),
            },
        })
    }

    /// True if the amount is a number of injected faults, which applications count.
    pub(super) fn is_of_faults(&self) -> bool {
        match self {
            Self::Faults(_) => true,
            Self::Times(_, of) => of.is_of_faults(),
            _ => false,
        }
    }

    /// Returns the amount in a step.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn value(&self, evidence: &Evidence, of_traffic: Option<&str>) -> f64 {
        let tally = |category: Category, class: &str| {
            ClassCounts::of(category, evidence.requests(of_traffic)).count(class) as f64
        };
        match self {
            Self::Number(number) => *number,
            Self::Requests => evidence.requests(of_traffic).map(|request| request.count).sum::<u64>() as f64,
            Self::Success => tally(Category::Success, YES),
            Self::Failures => tally(Category::Status, FAILED),
            Self::Attempts => {
                let attempts = |request: Observation<'_>| {
                    let each = request.outcome.answer().and_then(|answer| answer.attempt).unwrap_or_default();
                    f64::from(each) * request.count as f64
                };
                evidence.requests(of_traffic).map(attempts).sum()
            }
            Self::Of(category, class) => tally(*category, class),
            Self::Faults(mode) => evidence.growth.faults(mode) as f64,
            Self::Times(factor, of) => f64::from(*factor) * of.value(evidence, of_traffic),
        }
    }
}
