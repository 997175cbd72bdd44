//! The categories by which requests are classed, and their classes.

use std::time::Duration;

use super::{
    classes::{FAILED, NONE},
    fault_modes,
};
use crate::traffic::FailureKind;

/// A category by which requests are classed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// The version of the counted service, over the answers that carry one.
    Version,
    /// Whether there was an answer with a status below 400; over all requests.
    Success,
    /// The answer's status, or `failed` where there was none; over all requests.
    Status,
    /// How it failed without an HTTP answer; over all requests.
    Failure,
    /// How the call to the counted service failed, as its caller reports; over all requests.
    UpstreamError,
    /// The status of the call to the counted service, as its caller reports; over all requests.
    UpstreamStatus,
    /// Which attempt reached the counted service, over the answers that carry it.
    Attempts,
    /// The modes of faults that applications injected, over all requests. A request may have several.
    Fault,
    /// Whether every hop of the call tree has the same trace id, and there is more than one; over all requests.
    OneTrace,
    /// Whether it took longer than this; over all requests.
    Slower(Duration),
}

impl Category {
    /// The categories without a parameter, in the order of the messages.
    pub(super) const SIMPLE: [Self; 9] = [
        Self::Version,
        Self::Success,
        Self::Status,
        Self::Failure,
        Self::UpstreamError,
        Self::UpstreamStatus,
        Self::Attempts,
        Self::Fault,
        Self::OneTrace,
    ];
    /// The keys of all categories in a lab.
    pub(super) const WORDS: [&'static str; 10] = {
        let (mut words, mut index) = ([Self::Slower(Duration::ZERO).word(); 10], 0);
        while index < Self::SIMPLE.len() {
            words[index] = Self::SIMPLE[index].word();
            index += 1;
        }
        words
    };

    /// The key in a lab.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Version => "share",
            Self::Success => "success",
            Self::Status => "status",
            Self::Failure => "failures",
            Self::UpstreamError => "upstream-error",
            Self::UpstreamStatus => "upstream-status",
            Self::Attempts => "attempts",
            Self::Fault => "faults-injected",
            Self::OneTrace => "one-trace",
            Self::Slower(_) => "slower",
        }
    }

    /// The requests or answers that the shares refer to.
    pub(super) fn base(self) -> &'static str {
        match self {
            Self::Version => "answers that carry a version",
            Self::Attempts => "answers that carry an attempt",
            _ => "requests",
        }
    }

    /// Reads a class. Rejects one that cannot occur in the category.
    pub(super) fn class(self, text: &str) -> Result<String, String> {
        let status = |text: &str| text.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
        let failure = |text: &str| text == NONE || FailureKind::ALL.iter().any(|kind| kind.word() == text);
        let right = match self {
            Self::Status if text != FAILED && !status(text) => {
                "write a status, as `503`, or `failed` for no HTTP answer"
            }
            Self::UpstreamStatus if text != NONE && !status(text) => "write a status, as `403`, or `none` for no call",
            Self::Attempts if !text.parse::<u32>().is_ok_and(|n| n > 0) => "write which attempt, as `1`",
            Self::Failure if !failure(text) => {
                "write one of `refused`, `reset`, `timeout`, `protocol`, or `none` for an answer"
            }
            Self::UpstreamError if !failure(text) && text != "http" => {
                "write one of `refused`, `reset`, `timeout`, `protocol`, `http`, or `none`"
            }
            Self::Fault => return fault_modes::mode_of_requests(text),
            _ => return Ok(text.to_owned()),
        };
        Err(format!("`{text}` cannot occur in `{}`; {right}", self.word()))
    }
}
