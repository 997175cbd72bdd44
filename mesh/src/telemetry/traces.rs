//! The recent traces, in memory and bounded.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::control::types::{Span, Trace, TraceSummary};

/// A load test makes thousands of traces in seconds; the newest matter.
const MOST_TRACES: usize = 4096;
/// No trace of the walkthrough comes near it; a broken client must not fill the memory.
const MOST_SPANS_PER_TRACE: usize = 512;

/// So few digits name one of some thousand traces with a good chance; fewer are a slip more likely than a wish.
const LEAST_DIGITS: usize = 6;
/// How many candidates are named where a prefix fits several.
const MOST_CANDIDATES: usize = 5;

/// Why an id, or the beginning of one, names no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceLookupError {
    /// Nothing of it has come in, or it is forgotten.
    #[error(
        "no span of a trace {0} has come in; spans take up to a second, and of many traces the oldest are forgotten: \
         `meshwalk trace` lists the recent ones"
    )]
    Unknown(String),
    /// It is the beginning of several.
    #[error("{prefix} is the beginning of {count} traces: {}; add digits", named(newest, *count))]
    Several {
        /// What was given.
        prefix: String,
        /// The newest of those that begin so.
        newest: Vec<String>,
        /// How many begin so.
        count: usize,
    },
    /// It is too short, or no hexadecimal number.
    #[error("{0:?} is no trace's id; give the 32 hexadecimal digits of one, or at least its first {LEAST_DIGITS}")]
    NoId(String),
}

fn named(newest: &[String], count: usize) -> String {
    let more = if count > newest.len() { format!(" and {} more", count - newest.len()) } else { String::new() };
    format!("{}{more}", newest.join(", "))
}

/// Keeps the newest traces.
#[derive(Debug, Default)]
pub struct Traces(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<String, Vec<Span>>,
    // By arrival of their first span.
    order: VecDeque<String>,
}

impl Kept {
    fn only_one_that_begins_with(&self, prefix: String) -> Result<String, TraceLookupError> {
        if prefix.len() < LEAST_DIGITS || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(TraceLookupError::NoId(prefix));
        }
        let fitting: Vec<&String> = self.order.iter().rev().filter(|id| id.starts_with(&prefix)).collect();
        match fitting[..] {
            [] => Err(TraceLookupError::Unknown(prefix)),
            [id] => Ok(id.clone()),
            _ => {
                let newest = fitting.iter().take(MOST_CANDIDATES).map(|id| (*id).clone()).collect();
                Err(TraceLookupError::Several { prefix, newest, count: fitting.len() })
            }
        }
    }
}

impl Traces {
    /// Adds a span to its trace.
    pub fn add(&self, trace_id: String, span: Span) {
        let mut kept = self.kept();
        let kept = &mut *kept;
        if !kept.by_id.contains_key(&trace_id) {
            if kept.order.len() == MOST_TRACES
                && let Some(oldest) = kept.order.pop_front()
            {
                kept.by_id.remove(&oldest);
            }
            kept.order.push_back(trace_id.clone());
        }
        let spans = kept.by_id.entry(trace_id).or_default();
        // An exporter that got no answer sends its spans again.
        if spans.len() < MOST_SPANS_PER_TRACE && !spans.iter().any(|known| known.id == span.id) {
            spans.push(span);
        }
    }

    /// A trace with its spans by start: that of this id, or the only one whose id begins so.
    ///
    /// # Errors
    /// If no span of it has come in, or if several traces' ids begin so.
    pub fn find(&self, id: &str) -> Result<Trace, TraceLookupError> {
        let id = id.to_ascii_lowercase();
        let kept = self.kept();
        let id = if kept.by_id.contains_key(&id) { id } else { kept.only_one_that_begins_with(id)? };
        let mut spans = kept.by_id.get(&id).cloned().unwrap_or_default();
        spans.sort_by_key(|span| span.start_unix_ns);
        Ok(Trace { id, spans })
    }

    /// The newest traces, the newest first.
    pub fn recent(&self, limit: usize) -> Vec<TraceSummary> {
        let kept = self.kept();
        let newest = kept.order.iter().rev().take(limit);
        newest.filter_map(|id| Some(summary(id, kept.by_id.get(id)?))).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing is left half done by a panic in here: each step leaves a usable state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn summary(id: &str, spans: &[Span]) -> TraceSummary {
    let start = spans.iter().map(|span| span.start_unix_ns).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.start_unix_ns.saturating_add(span.duration_ns)).max().unwrap_or(0);
    let mut first_seen: BTreeMap<&str, u64> = BTreeMap::new();
    for span in spans {
        let first = first_seen.entry(&span.service).or_insert(span.start_unix_ns);
        *first = span.start_unix_ns.min(*first);
    }
    let mut services: Vec<(&str, u64)> = first_seen.into_iter().collect();
    services.sort_by_key(|(_, start)| *start);
    TraceSummary {
        id: id.to_owned(),
        spans: spans.len(),
        services: services.into_iter().map(|(service, _)| service.to_owned()).collect(),
        start_unix_ns: start,
        duration_ns: end.saturating_sub(start),
        error: spans.iter().any(|span| span.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, service: &str, start: u64) -> Span {
        Span {
            id: id.to_owned(),
            parent: None,
            service: service.to_owned(),
            operation: "GET /".to_owned(),
            kind: "server".to_owned(),
            start_unix_ns: start,
            duration_ns: 5,
            error: false,
            attributes: BTreeMap::new(),
            resource: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    #[test]
    fn spans_that_come_in_any_order_make_one_trace_by_start() {
        let traces = Traces::default();
        traces.add("t".to_owned(), span("2", "backend", 20));
        traces.add("t".to_owned(), span("1", "frontend", 10));
        traces.add("t".to_owned(), span("1", "frontend", 10));
        let trace = traces.find("T").unwrap();
        assert_eq!(trace.spans.iter().map(|span| span.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        let summary = &traces.recent(5)[0];
        assert_eq!((summary.spans, summary.duration_ns), (2, 15));
        assert_eq!(summary.services, ["frontend", "backend"]);
    }

    #[test]
    fn the_oldest_trace_goes_when_there_are_too_many() {
        let traces = Traces::default();
        for number in 0..=MOST_TRACES {
            traces.add(format!("{number:032x}"), span("1", "a", 1));
        }
        let first = format!("{:032x}", 0);
        assert_eq!(traces.find(&first), Err(TraceLookupError::Unknown(first)));
        assert!(traces.find(&format!("{:032x}", 1)).is_ok());
        assert_eq!(traces.recent(1)[0].id, format!("{MOST_TRACES:032x}"));
    }

    #[test]
    fn the_beginning_of_an_id_is_enough_if_no_other_begins_so() {
        let traces = Traces::default();
        for id in ["403bc7c44f4ba2bf", "403bc7c4aaaaaaaa", "0af7651916cd43dd"] {
            traces.add(id.to_owned(), span("1", "a", 1));
        }
        assert_eq!(traces.find("0AF765").unwrap().id, "0af7651916cd43dd");
        assert_eq!(traces.find("403bc7c44").unwrap().id, "403bc7c44f4ba2bf");
        let several = traces.find("403bc7").unwrap_err().to_string();
        let words = "403bc7 is the beginning of 2 traces: 403bc7c4aaaaaaaa, 403bc7c44f4ba2bf; add digits";
        assert_eq!(several, words, "the newest first");
        let unknown = traces.find("ffffff").unwrap_err().to_string();
        assert!(
            unknown.contains("no span of a trace ffffff") && unknown.contains("`meshwalk trace` lists"),
            "{unknown}"
        );
        for no_id in ["0af76", "0af765-", ""] {
            assert_eq!(traces.find(no_id), Err(TraceLookupError::NoId(no_id.to_owned())));
        }
    }

    #[test]
    fn of_many_candidates_the_newest_are_named_and_the_others_counted() {
        let traces = Traces::default();
        for number in 0..7 {
            traces.add(format!("abcdef{number}"), span("1", "a", 1));
        }
        let several = traces.find("abcdef").unwrap_err().to_string();
        let words =
            "abcdef is the beginning of 7 traces: abcdef6, abcdef5, abcdef4, abcdef3, abcdef2 and 2 more; add digits";
        assert_eq!(several, words);
    }
}
