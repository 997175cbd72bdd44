//! Faults of the whole process: memory, processors, probes, signals and exit.

mod budget;
mod burn;
mod leak;
mod process_faults;
mod process_queries;
mod work;

pub(crate) use process_faults::ProcessFaults;
pub(super) use work::Processors;
