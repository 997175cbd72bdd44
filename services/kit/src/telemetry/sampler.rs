//! Sampling: the caller's decision stands, and B3's two special cases are decisions too.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt, TraceId},
};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use super::Root;
use crate::propagation::Decision;

/// Keeps to the caller's decision, and decides where it left that open.
///
/// The SDK's own parent-based sampler cannot: it takes a caller that left the decision open (B3 without a sampling state)
/// for one that said no, and it does not see a "no" without ids (`b3: 0`). The [`Decision`] in the context tells.
#[derive(Debug, Clone)]
pub(super) struct CallersDecision {
    root: Sampler,
}

impl From<Root> for CallersDecision {
    fn from(root: Root) -> Self {
        let root = match root {
            Root::All => Sampler::AlwaysOn,
            Root::None => Sampler::AlwaysOff,
            Root::Ratio(ratio) => Sampler::TraceIdRatioBased(ratio),
        };
        Self { root }
    }
}

impl ShouldSample for CallersDecision {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let trace_state = parent.map(|cx| cx.span().span_context().trace_state().clone()).unwrap_or_default();
        let decided = |decision| SamplingResult { decision, attributes: Vec::new(), trace_state };
        match parent.and_then(decision) {
            Some(Decision::Sample) => decided(SamplingDecision::RecordAndSample),
            Some(Decision::Drop) => decided(SamplingDecision::Drop),
            None | Some(Decision::Open) => self.root.should_sample(parent, trace_id, name, kind, attributes, links),
        }
    }
}

/// What has been decided before: by the caller, or for the span above in this process.
fn decision(parent: &Context) -> Option<Decision> {
    let span = parent.span().span_context().clone();
    if span.is_valid() && !span.is_remote() {
        return Some(if span.is_sampled() { Decision::Sample } else { Decision::Drop });
    }
    parent.get::<Decision>().copied()
}
