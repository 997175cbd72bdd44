//! Deployments become pods: which programs run, with which arguments and environment.

pub mod command;
pub mod expand;
pub mod injection;
pub mod plan;

pub use plan::{PodPlan, plan};
