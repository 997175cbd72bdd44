//! OTLP span receiver, and merged pod metrics.

pub mod collector;
pub mod merged_metrics;
pub mod traces;
