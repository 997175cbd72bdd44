//! The recent traces, stored in memory.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::control::types::{Span, Trace, TraceSummary};

/// Maximum number of traces; the oldest are removed.
const MAX_TRACES: usize = 4096;
/// Maximum number of spans per trace, to bound memory.
const MAX_SPANS_PER_TRACE: usize = 512;

/// Minimum length of a trace ID prefix.
const MIN_PREFIX_DIGITS: usize = 6;
/// Maximum number of candidates listed for an ambiguous prefix.
const MAX_CANDIDATES: usize = 5;

/// Error of looking up a trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceLookupError {
    /// No span was received, or the trace was removed.
    #[error(
        "no span of trace {0} was received; spans take up to a second, and the oldest traces are removed: \
         `meshwalk trace` lists the recent ones"
    )]
    Unknown(String),
    /// The prefix matches several traces.
    #[error("trace ID prefix {prefix} matches {count} traces: {}; add digits", named(newest, *count))]
    Several {
        /// Prefix as given.
        prefix: String,
        /// Newest matching traces.
        newest: Vec<String>,
        /// Number of matching traces.
        count: usize,
    },
    /// The prefix is too short or not hexadecimal.
    #[error("invalid trace ID {0:?}; use its 32 hexadecimal digits, or at least the first {MIN_PREFIX_DIGITS}")]
    NoId(String),
}

fn named(newest: &[String], count: usize) -> String {
    let more = if count > newest.len() { format!(" and {} more", count - newest.len()) } else { String::new() };
    format!("{}{more}", newest.join(", "))
}

/// Buffer of the newest traces.
#[derive(Debug, Default)]
pub struct Traces(Mutex<TraceBuffer>);

#[derive(Debug, Default)]
struct TraceBuffer {
    by_id: HashMap<String, Vec<Span>>,
    // Trace IDs by arrival of their first span.
    order: VecDeque<String>,
}

impl TraceBuffer {
    fn find_by_prefix(&self, prefix: String) -> Result<String, TraceLookupError> {
        if prefix.len() < MIN_PREFIX_DIGITS || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(TraceLookupError::NoId(prefix));
        }
        let fitting: Vec<&String> = self.order.iter().rev().filter(|id| id.starts_with(&prefix)).collect();
        match fitting[..] {
            [] => Err(TraceLookupError::Unknown(prefix)),
            [id] => Ok(id.clone()),
            _ => {
                let newest = fitting.iter().take(MAX_CANDIDATES).map(|id| (*id).clone()).collect();
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
            if kept.order.len() == MAX_TRACES
                && let Some(oldest) = kept.order.pop_front()
            {
                kept.by_id.remove(&oldest);
            }
            kept.order.push_back(trace_id.clone());
        }
        let spans = kept.by_id.entry(trace_id).or_default();
        // Exporters repeat spans after a lost response.
        if spans.len() < MAX_SPANS_PER_TRACE && !spans.iter().any(|known| known.id == span.id) {
            spans.push(span);
        }
    }

    /// Finds a trace by its ID, or by a prefix that only one trace has. Spans are sorted by start.
    ///
    /// # Errors
    /// If no trace or several traces match.
    pub fn find(&self, id: &str) -> Result<Trace, TraceLookupError> {
        let id = id.to_ascii_lowercase();
        let kept = self.kept();
        let id = if kept.by_id.contains_key(&id) { id } else { kept.find_by_prefix(id)? };
        let mut spans = kept.by_id.get(&id).cloned().unwrap_or_default();
        spans.sort_by_key(|span| span.start_unix_ns);
        Ok(Trace { id, spans })
    }

    /// Summaries of the newest traces, newest first.
    pub fn recent(&self, limit: usize) -> Vec<TraceSummary> {
        let kept = self.kept();
        let newest = kept.order.iter().rev().take(limit);
        newest.filter_map(|id| Some(summary(id, kept.by_id.get(id)?))).collect()
    }

    fn kept(&self) -> MutexGuard<'_, TraceBuffer> {
        // A panic leaves the buffer in a valid state.
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
    fn sorts_the_spans_of_a_trace_by_start() {
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
    fn removes_the_oldest_trace_above_the_limit() {
        let traces = Traces::default();
        for number in 0..=MAX_TRACES {
            traces.add(format!("{number:032x}"), span("1", "a", 1));
        }
        let first = format!("{:032x}", 0);
        assert_eq!(traces.find(&first), Err(TraceLookupError::Unknown(first)));
        assert!(traces.find(&format!("{:032x}", 1)).is_ok());
        assert_eq!(traces.recent(1)[0].id, format!("{MAX_TRACES:032x}"));
    }

    #[test]
    fn finds_a_trace_by_a_unique_prefix() {
        let traces = Traces::default();
        for id in ["403bc7c44f4ba2bf", "403bc7c4aaaaaaaa", "0af7651916cd43dd"] {
            traces.add(id.to_owned(), span("1", "a", 1));
        }
        assert_eq!(traces.find("0AF765").unwrap().id, "0af7651916cd43dd");
        assert_eq!(traces.find("403bc7c44").unwrap().id, "403bc7c44f4ba2bf");
        let several = traces.find("403bc7").unwrap_err().to_string();
        let expected = "trace ID prefix 403bc7 matches 2 traces: 403bc7c4aaaaaaaa, 403bc7c44f4ba2bf; add digits";
        assert_eq!(several, expected, "the newest first");
        let unknown = traces.find("ffffff").unwrap_err().to_string();
        assert!(unknown.contains("no span of trace ffffff") && unknown.contains("`meshwalk trace` lists"), "{unknown}");
        for no_id in ["0af76", "0af765-", ""] {
            assert_eq!(traces.find(no_id), Err(TraceLookupError::NoId(no_id.to_owned())));
        }
    }

    #[test]
    fn lists_the_newest_candidates_and_counts_the_others() {
        let traces = Traces::default();
        for number in 0..7 {
            traces.add(format!("abcdef{number}"), span("1", "a", 1));
        }
        let several = traces.find("abcdef").unwrap_err().to_string();
        let expected = "trace ID prefix abcdef matches 7 traces: abcdef6, abcdef5, abcdef4, abcdef3, abcdef2 and 2 more; add digits";
        assert_eq!(several, expected);
    }
}
