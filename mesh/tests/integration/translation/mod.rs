//! Resources and pods in, Envoy's configuration out.

mod configuration;
mod diagnostics;
mod effects;
mod envoy;
mod golden;
mod judged;
mod pods;
mod proxies;
