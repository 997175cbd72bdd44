//! The report of a run, as JSON, as a page, as a table and as JUnit XML.

pub mod compare;
pub mod config_map;
mod html;
mod junit;
mod model;
mod terminal;
mod write;

pub use model::{
    Change, FORMAT, FileText, GateReport, LabReport, Report, StepReport, TrafficReport, WaitReport, When, overall,
};

pub use html::page;
pub use junit::junit;
pub use terminal::table;
pub use write::{WriteError, write, write_junit};

use std::time::SystemTime;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Formats a time as RFC 3339 in UTC, in whole seconds.
#[must_use]
pub fn timestamp(moment: SystemTime) -> String {
    let moment = OffsetDateTime::from(moment);
    let seconds = moment.replace_nanosecond(0).unwrap_or(moment);
    seconds.format(&Rfc3339).unwrap_or_default()
}
