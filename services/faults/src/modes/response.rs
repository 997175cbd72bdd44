//! Modes that decide the response.

use std::fmt;

use http::StatusCode;

use super::{ModeSpec, spec::family};
use crate::{error::ValueError, quantity::Percent};

family! {
    /// Faults that decide the response.
    Response {
        /// The response has an error status.
        Error(statuses: Statuses = Statuses::parse) = ModeSpec {
            name: "error",
            arguments: &["STATUS", "STATUS:PERCENT,STATUS:PERCENT,..."],
            summary: "answers with the status (400 to 599) and calls no upstream; in a list, each status has its \
                      percentage of all matching requests (sum at most 100), so a list takes no @",
            example: "error=503@30%, error=500:5,503:10",
            ..ModeSpec::CALLS
        };
    }
}

/// Argument of `error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statuses {
    /// One status.
    Single(StatusCode),
    /// Statuses with their shares of all requests. The other requests are not affected.
    Weighted(Vec<(StatusCode, Percent)>),
}

impl Statuses {
    /// Parses `503` or `500:5,503:10`.
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        if !text.contains([',', ':']) {
            return status(text).map(Self::Single);
        }
        let mut list = Vec::new();
        let mut sum = Some(Percent::NONE);
        let mut at = 0;
        for item in text.split(',') {
            let weighted = weighted(item).map_err(|error| error.shifted(at))?;
            sum = sum.and_then(|sum| sum.checked_add(weighted.1));
            if sum.is_none() {
                let message = "the percentages add up to more than 100";
                let help = "each is a percentage of all requests; lower them until their sum is at most 100";
                return Err(ValueError::new(at..at + item.len(), message, help));
            }
            list.push(weighted);
            at += item.len() + 1;
        }
        Ok(Self::Weighted(list))
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(status) => write!(f, "{}", status.as_u16()),
            Self::Weighted(list) => {
                for (position, (status, share)) in list.iter().enumerate() {
                    let comma = if position == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{share}", status.as_u16())?;
                }
                Ok(())
            }
        }
    }
}

fn weighted(item: &str) -> Result<(StatusCode, Percent), ValueError> {
    let Some((code, share)) = item.split_once(':') else {
        let message =
            if item.trim().is_empty() { "an empty entry".into() } else { format!("`{item}` has no percentage") };
        return Err(ValueError::new(0..item.len(), message, "in a list, write STATUS:PERCENT, as in 500:5,503:10"));
    };
    let status = status(code)?;
    let number = share.trim();
    let offset = code.len() + 1 + (share.len() - share.trim_start().len());
    Ok((status, Percent::parse(number).map_err(|error| error.shifted(offset))?))
}

pub(super) fn status(text: &str) -> Result<StatusCode, ValueError> {
    text.trim()
        .parse::<u16>()
        .ok()
        .filter(|code| (400..600).contains(code) && text.trim().len() == 3)
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| {
            let message = format!("`{}` is not a valid error status", text.trim());
            ValueError::new(0..text.len(), message, "an error status is a number from 400 to 599, as in 503")
        })
}
