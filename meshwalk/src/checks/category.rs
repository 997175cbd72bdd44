//! Categories by which requests are classified, and their classes.

use std::{collections::BTreeMap, mem::discriminant, time::Duration};

use super::fault_modes;
use crate::traffic::{FailureKind, Observation, Outcome};

/// Class of requests with a status below 400, and of requests slower than a limit.
pub(super) const YES: &str = "yes";
/// Class of requests without an HTTP response, in the category of statuses.
pub(super) const FAILED: &str = "failed";
/// Class of requests without the property of a category.
pub(super) const NONE: &str = "none";

/// Category by which requests are classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Version of the counted service, over the responses that contain one.
    Version,
    /// Whether the response had a status below 400, over all requests.
    Success,
    /// Status of the response, or `failed` without one, over all requests.
    Status,
    /// Failure without an HTTP response, over all requests.
    Failure,
    /// Failure of the call to the counted service, as its caller reports it, over all requests.
    UpstreamError,
    /// Status of the call to the counted service, as its caller reports it, over all requests.
    UpstreamStatus,
    /// Number of the attempt that reached the counted service, over the responses that contain it.
    Attempts,
    /// Modes of the faults that applications injected, over all requests. A request may have several.
    Fault,
    /// Whether all hops of the call tree have the same trace ID and there are several hops, over all requests.
    OneTrace,
    /// Whether the request took longer than this, over all requests.
    Slower(Duration),
}

impl Category {
    /// All categories with their keys, in the order of the messages.
    const KEYS: [(&'static str, Self); 10] = [
        ("share", Self::Version),
        ("success", Self::Success),
        ("status", Self::Status),
        ("failures", Self::Failure),
        ("upstream-error", Self::UpstreamError),
        ("upstream-status", Self::UpstreamStatus),
        ("attempts", Self::Attempts),
        ("faults-injected", Self::Fault),
        ("one-trace", Self::OneTrace),
        ("slower", Self::Slower(Duration::ZERO)),
    ];
    /// Lists the keys of all categories.
    pub(super) const WORDS: [&'static str; 10] = {
        let (mut words, mut index) = ([""; 10], 0);
        while index < words.len() {
            words[index] = Self::KEYS[index].0;
            index += 1;
        }
        words
    };

    /// Returns the category with this key in a lab.
    pub(super) fn with_key(key: &str) -> Option<Self> {
        Self::KEYS.into_iter().find(|(word, _)| *word == key).map(|(_, category)| category)
    }

    /// Returns the key in a lab.
    pub(super) fn word(self) -> &'static str {
        let is_same = |(_, other): &&(&str, Self)| discriminant(other) == discriminant(&self);
        Self::KEYS.iter().find(is_same).map_or("", |(word, _)| word)
    }

    /// Describes the requests or responses that the shares refer to.
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

    /// Returns the classes of a request by its outcome, or `None` if it is not counted. Only a request with several
    /// injected faults has several classes. The latency is not part of the outcome.
    fn classes(self, outcome: &Outcome) -> Option<Vec<String>> {
        let one = |class: String| Some(vec![class]);
        let yes = |yes: bool| Some(if yes { vec![YES.to_owned()] } else { Vec::new() });
        let answer = match outcome {
            Outcome::Answer(answer) => answer,
            Outcome::Failure { kind, .. } => {
                return match self {
                    Self::Version | Self::Attempts => None,
                    Self::Status => one(FAILED.to_owned()),
                    Self::Failure => one(kind.word().to_owned()),
                    Self::Success | Self::OneTrace => yes(false),
                    Self::Slower(_) => None,
                    // Without a response, the client cannot observe the later hops.
                    Self::UpstreamError | Self::UpstreamStatus | Self::Fault => one(NONE.to_owned()),
                };
            }
        };
        match self {
            Self::Version => answer.version.clone().map(|version| vec![version]),
            Self::Attempts => answer.attempt.map(|attempt| vec![attempt.to_string()]),
            Self::Status => one(answer.status.to_string()),
            Self::Success => yes((200..400).contains(&answer.status)),
            Self::Failure => one(NONE.to_owned()),
            Self::UpstreamError => one(answer.upstream_error.clone().unwrap_or_else(|| NONE.to_owned())),
            Self::UpstreamStatus => {
                one(answer.upstream_status.map_or_else(|| NONE.to_owned(), |status| status.to_string()))
            }
            Self::Fault if answer.faults.is_empty() => one(NONE.to_owned()),
            Self::Fault => Some(answer.faults.keys().cloned().collect()),
            Self::OneTrace => yes(answer.one_trace),
            Self::Slower(_) => None,
        }
    }
}

/// Number of counted requests, in total and by class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClassCounts {
    /// Requests that are counted.
    pub(super) base: u64,
    /// Requests by class.
    pub(super) classes: BTreeMap<String, u64>,
}

impl ClassCounts {
    /// Counts requests by class.
    pub(super) fn of<'a>(category: Category, requests: impl IntoIterator<Item = Observation<'a>>) -> Self {
        let mut tally = Self::default();
        for request in requests {
            if let Category::Slower(than) = category {
                let slower = request.longer_than(than);
                tally.base += request.count;
                tally.add(YES.to_owned(), slower);
            } else if let Some(classes) = category.classes(request.outcome) {
                tally.base += request.count;
                classes.into_iter().for_each(|class| tally.add(class, request.count));
            }
        }
        tally
    }

    fn add(&mut self, class: String, count: u64) {
        // A class without requests must not appear.
        if count > 0 {
            *self.classes.entry(class).or_default() += count;
        }
    }

    /// Returns the number of requests of a class.
    #[must_use]
    pub(super) fn count(&self, class: &str) -> u64 {
        self.classes.get(class).copied().unwrap_or_default()
    }
}
