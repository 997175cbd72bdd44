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

/// Keeps the newest traces.
#[derive(Debug, Default)]
pub struct Traces(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<String, Vec<Span>>,
    // By arrival of their first span.
    order: VecDeque<String>,
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

    /// A trace with its spans by start; nothing if no span of it has come in.
    pub fn get(&self, id: &str) -> Option<Trace> {
        let id = id.to_ascii_lowercase();
        let mut spans = self.kept().by_id.get(&id)?.clone();
        spans.sort_by_key(|span| span.start_unix_ns);
        Some(Trace { id, spans })
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
        let trace = traces.get("T").unwrap();
        assert_eq!(trace.spans.iter().map(|span| span.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        let summary = &traces.recent(5)[0];
        assert_eq!((summary.spans, summary.duration_ns), (2, 15));
        assert_eq!(summary.services, ["frontend", "backend"]);
    }

    #[test]
    fn the_oldest_trace_goes_when_there_are_too_many() {
        let traces = Traces::default();
        for number in 0..=MOST_TRACES {
            traces.add(number.to_string(), span("1", "a", 1));
        }
        assert!(traces.get("0").is_none());
        assert!(traces.get("1").is_some());
        assert_eq!(traces.recent(1)[0].id, MOST_TRACES.to_string());
    }
}
