//! `attempts-max`: the highest number of attempts that any request took.

use std::collections::BTreeMap;

use super::{CheckSpec, Entry, Evidence, Finding, Reader, Scope};

/// Expects that no request took more attempts than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptsMax(pub u32);

impl CheckSpec for AttemptsMax {
    const WORDS: &'static [&'static str] = &["attempts-max"];
    const SCOPE: Scope = Scope::Traffic;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        reader.count(&entry.value, at).map(Self)
    }

    fn expected(&self) -> String {
        format!("at most {}", self.0)
    }

    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        let limit = self.0;
        let mut attempts = BTreeMap::<u32, u64>::new();
        for request in evidence.requests(of) {
            if let Some(attempt) = request.outcome.answer().and_then(|answer| answer.attempt) {
                *attempts.entry(attempt).or_default() += request.count;
            }
        }
        let total: u64 = attempts.values().sum();
        let Some(most) = attempts.keys().max() else {
            return Finding::fails("no answer with an attempt", "no answer has the number of its attempt");
        };
        let observed = format!("at most {most}, over {total} answers");
        if *most <= limit {
            return Finding::holds(observed, "no request took more");
        }
        let more: u64 = attempts.iter().filter(|(attempt, _)| **attempt > limit).map(|(_, count)| count).sum();
        Finding::fails(observed, format!("{more} of {total} requests took more than {limit} attempts"))
    }
}
