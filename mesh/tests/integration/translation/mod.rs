//! Resources and pods in, Envoy's configuration out.

mod configuration;
mod effects;
mod envoy;
mod golden;
mod judged;
mod pods;
mod problems;
mod proxies;
