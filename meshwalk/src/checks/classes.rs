//! Which classes of a category a request belongs to, and which requests are counted at all.

use super::category::Category;
use crate::traffic::{Observation, Outcome};

/// The class of requests with an answer below 400, and of those that took longer than a time.
pub(super) const YES: &str = "yes";
/// The class of requests without an HTTP answer, by status.
pub(super) const FAILED: &str = "failed";
/// The class of requests for which there is nothing to tell.
pub(super) const NONE: &str = "none";

/// The classes of a request by its outcome, or `None` if it is not counted. A request may inject several faults, and so
/// be of several classes; otherwise it is of one. How long it took is not a part of its outcome.
fn classes(category: Category, outcome: &Outcome) -> Option<Vec<String>> {
    let one = |class: String| Some(vec![class]);
    let yes = |yes: bool| Some(if yes { vec![YES.to_owned()] } else { Vec::new() });
    let answer = match outcome {
        Outcome::Answer(answer) => answer,
        Outcome::Failure { kind, .. } => {
            return match category {
                Category::Version | Category::Attempts => None,
                Category::Status => one(FAILED.to_owned()),
                Category::Failure => one(kind.word().to_owned()),
                Category::Success | Category::OneTrace => yes(false),
                Category::Slower(_) => None,
                // The client knows nothing of what happened further on.
                Category::UpstreamError | Category::UpstreamStatus | Category::Fault => one(NONE.to_owned()),
            };
        }
    };
    match category {
        Category::Version => answer.version.clone().map(|version| vec![version]),
        Category::Attempts => answer.attempt.map(|attempt| vec![attempt.to_string()]),
        Category::Status => one(answer.status.to_string()),
        Category::Success => yes((200..400).contains(&answer.status)),
        Category::Failure => one(NONE.to_owned()),
        Category::UpstreamError => one(answer.upstream_error.clone().unwrap_or_else(|| NONE.to_owned())),
        Category::UpstreamStatus => {
            one(answer.upstream_status.map_or_else(|| NONE.to_owned(), |status| status.to_string()))
        }
        Category::Fault if answer.faults.is_empty() => one(NONE.to_owned()),
        Category::Fault => Some(answer.faults.keys().cloned().collect()),
        Category::OneTrace => yes(answer.one_trace),
        Category::Slower(_) => None,
    }
}

/// How many requests are counted, and how many are of each class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Requests that are counted.
    pub(super) base: u64,
    /// Requests by class.
    pub(super) classes: std::collections::BTreeMap<String, u64>,
}

impl Tally {
    /// Counts requests by class.
    pub(super) fn of<'a>(category: Category, requests: impl IntoIterator<Item = Observation<'a>>) -> Self {
        let mut tally = Self::default();
        for request in requests {
            if let Category::Slower(than) = category {
                let slower = request.longer_than(than);
                tally.base += request.count;
                tally.add(YES.to_owned(), slower);
            } else if let Some(classes) = classes(category, request.outcome) {
                tally.base += request.count;
                classes.into_iter().for_each(|class| tally.add(class, request.count));
            }
        }
        tally
    }

    fn add(&mut self, class: String, count: u64) {
        // A class that no request is of must not appear.
        if count > 0 {
            *self.classes.entry(class).or_default() += count;
        }
    }

    /// How many requests are of a class.
    #[must_use]
    pub(super) fn count(&self, class: &str) -> u64 {
        self.classes.get(class).copied().unwrap_or_default()
    }
}
