//! What the mesh hears of itself: spans by OTLP, and each pod's metrics on one page.

pub mod collector;
pub mod merged_metrics;
pub mod traces;
