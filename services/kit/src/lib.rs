//! What every Meshwalk service shares: configuration, telemetry, propagation, faults, health and drain.

pub mod faults;
