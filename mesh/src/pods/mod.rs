//! Pods of Deployments: programs, arguments and environment.

pub mod command;
pub mod expand;
pub mod injection;
pub mod plan;

pub use plan::{PodPlan, plan};
