//! Sampling: the caller's decision is kept, and B3's two special cases are decisions too.

use opentelemetry::trace::{SpanKind, TraceId};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample};

use super::Root;
use crate::propagation::Decision;

/// Keeps to the caller's decision, and decides where it left that open.
///
/// The SDK's own parent-based sampler cannot: it takes a caller that left the decision open (B3 without a sampling state)
/// for one that said no, and it does not see a "no" without ids (`b3: 0`).
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

impl CallersDecision {
    /// True if spans of this trace are sampled.
    pub(super) fn samples(&self, trace: TraceId, caller: Decision) -> bool {
        match caller {
            Decision::Sample => true,
            Decision::Drop => false,
            Decision::Open => {
                // None of the samplers looks at more than the trace id.
                let result = self.root.should_sample(None, trace, "", &SpanKind::Server, &[], &[]);
                result.decision == SamplingDecision::RecordAndSample
            }
        }
    }
}
